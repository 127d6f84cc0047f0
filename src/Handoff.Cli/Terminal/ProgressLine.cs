using System.Diagnostics;
using System.Globalization;
using Handoff.Reports.Text;

namespace Handoff.Cli.Terminal;

/// <summary>One line on the terminal about work that takes longer than a second, written anew five times a second and wiped at the end.</summary>
internal sealed class ProgressLine : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private const int BarCells = 10;

    private readonly Session _session;
    private readonly Func<double>? _part;
    private readonly Func<TimeSpan, string> _text;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly Timer? _timer;
    private readonly Lock _writing = new(); // the line is written by one thread at a time, and not after Dispose
    private bool _shown; // there is a line to wipe
    private bool _ended;

    /// <summary>Begins to show a line; nothing if standard error is no terminal.</summary>
    /// <param name="session">Where to.</param>
    /// <param name="text">What to say, given the time since the beginning; called on another thread.</param>
    /// <param name="hidden">Shows nothing, for instance where results scroll over the same terminal.</param>
    /// <param name="part">How much is done, 0 to 1, shown as a bar; outside of that, not known.</param>
    public ProgressLine(Session session, Func<TimeSpan, string> text, bool hidden = false, Func<double>? part = null)
    {
        _part = part;
        _session = session;
        _text = text;
        if (session.ErrorIsTerminal && !hidden)
            _timer = new Timer(_ => Show(), null, Patience, Pace);
    }

    /// <summary>How much longer the work takes if it goes on like this; empty while that cannot be told.</summary>
    /// <param name="elapsed">Time since the beginning.</param>
    /// <param name="part">How much is done, 0 to 1.</param>
    public static string Left(TimeSpan elapsed, double part) => part is > 0.01 and < 1 ? $" · about {Quantity.Of(elapsed / part * (1 - part))} left" : "";

    public void Dispose()
    {
        _timer?.Dispose();
        lock (_writing)
        {
            _ended = true;
            if (_shown)
                _session.Error.Write("\r\e[K");
        }
    }

    /// <summary>A bar with its share in per cent; empty if that is not known.</summary>
    public static string Bar(double part)
    {
        if (!(part is >= 0 and <= 1))
            return "";
        int full = (int)(part * BarCells);
        return string.Create(CultureInfo.InvariantCulture, $"{new string('█', full)}{new string('░', BarCells - full)} {part * 100,3:F0} % ");
    }

    private void Show()
    {
        lock (_writing)
        {
            if (_ended)
                return;
            _session.Error.Write("\r\e[K" + TextWidth.Fit(Bar(_part?.Invoke() ?? -1) + _text(Stopwatch.GetElapsedTime(_began)), _session.Width - 1));
            _shown = true;
        }
    }
}
