using System.Diagnostics;
using Handoff.Cli.Terminal;
using Handoff.Reports.Text;
using Handoff.Tracing.Recordings;

namespace Handoff.Cli;

/// <summary>One line on the terminal about reading that takes longer than a second.</summary>
internal sealed class ReadProgress : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly Session _session;
    private readonly RecordingReader _reader;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly Timer? _timer;
    private readonly Lock _writing = new(); // the line is written by one thread at a time, and not after Dispose
    private bool _shown; // there is a line to wipe
    private bool _ended;

    /// <summary>Begins to watch a reader. Where results scroll over the same terminal, nothing is shown.</summary>
    public ReadProgress(Session session, RecordingReader reader, bool streamsResults = false)
    {
        _session = session;
        _reader = reader;
        if (session.ErrorIsTerminal && !(streamsResults && session.OutIsTerminal))
            _timer = new Timer(_ => Show(), null, Patience, Pace);
    }

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
            var elapsed = Stopwatch.GetElapsedTime(_began);
            double part = _reader.Progress;
            string share = part is > 0.01 and <= 1 ? $" · {part * 100:F0} % · about {Quantity.Of(elapsed / part * (1 - part))} left" : "";
            string text = $"read {Quantity.Of(_reader.Statistics.Events, "event")}{share} · {Quantity.Of(elapsed)}";
            _session.Error.Write("\r\e[K" + TextWidth.Fit(text, _session.Width - 1));
            _shown = true;
        }
    }
}
