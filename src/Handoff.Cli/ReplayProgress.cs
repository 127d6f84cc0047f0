using System.Diagnostics;
using System.Globalization;
using Handoff.Cli.Terminal;
using Handoff.Reports.Text;

namespace Handoff.Cli;

/// <summary>One line on the terminal about replays that take longer than a second.</summary>
internal sealed class ReplayProgress : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly Session _session;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly Timer? _timer;
    private readonly Lock _writing = new(); // the line is written by one thread at a time, and not after Dispose
    private double _share = -1; // of the work done, or -1 if unknown
    private int _replays;
    private bool _shown, _ended;

    public ReplayProgress(Session session)
    {
        _session = session;
        if (session.ErrorIsTerminal)
            _timer = new Timer(_ => Show(), null, Patience, Pace);
    }

    /// <summary>Told how much of all replays is done, 0 to 1, or -1 if unknown.</summary>
    public void Share(double share) => Volatile.Write(ref _share, share);

    /// <summary>Told how many replays are done.</summary>
    public void Replays(int count) => Volatile.Write(ref _replays, count);

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

    private void Show()
    {
        lock (_writing)
        {
            if (_ended)
                return;
            double share = Volatile.Read(ref _share);
            int replays = Volatile.Read(ref _replays);
            string done = replays > 0 ? $" · {Quantity.Of(replays, "replay")}" : share > 0 ? string.Create(CultureInfo.InvariantCulture, $" · {share * 100:F0} %") : "";
            string text = $"replaying{done} · {Quantity.Of(Stopwatch.GetElapsedTime(_began))} · Ctrl-C shows what is known";
            _session.Error.Write("\r\e[K" + TextWidth.Fit(text, _session.Width - 1));
            _shown = true;
        }
    }
}
