using System.Diagnostics;
using Handoff.Cli.Terminal;
using Handoff.Reports.Text;

namespace Handoff.Cli;

/// <summary>One line on the terminal about a reading that takes longer than a second.</summary>
/// <param name="session">Where to.</param>
/// <param name="verb">What is done, in the past: <c>read</c>, <c>replayed</c>.</param>
internal sealed class ReadingProgress(Session session, string verb) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly long _began = Stopwatch.GetTimestamp();
    private long _shownAt;
    private bool _shown; // there is a line to wipe

    /// <summary>Told how far it is, 0 to 1, or -1 if not known.</summary>
    public void Report(double part)
    {
        if (!session.ErrorIsTerminal)
            return;
        var elapsed = Stopwatch.GetElapsedTime(_began);
        if (elapsed < Patience || (_shown && Stopwatch.GetElapsedTime(_shownAt) < Pace))
            return;
        _shownAt = Stopwatch.GetTimestamp();
        string how = part < 0 ? "" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $" {part * 100:F0} %");
        string left = part is > 0.02 and < 1 ? $" · about {Quantity.Of(elapsed / part * (1 - part))} left" : "";
        session.Error.Write("\r\e[K" + TextWidth.Fit($"{verb}{how} · {Quantity.Of(elapsed)}{left} · Ctrl-C shows what is known", session.Width - 1));
        _shown = true;
    }

    public void Dispose()
    {
        if (_shown)
            session.Error.Write("\r\e[K");
    }
}
