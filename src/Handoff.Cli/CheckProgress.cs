using System.Diagnostics;
using Handoff.Cli.Terminal;
using Handoff.Litmus.Exploration;
using Handoff.Reports.Text;

namespace Handoff.Cli;

/// <summary>One line on the terminal about a check that takes longer than a second.</summary>
internal sealed class CheckProgress : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly Session _session;
    private readonly int _total;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly Timer? _timer;
    private readonly Lock _writing = new(); // the line is written by one thread at a time, and not after Dispose
    private int _done; // cells finished
    private long _states; // states of finished cells
    private double _rate; // states per second of the search heard of last
    private bool _shown; // there is a line to wipe
    private bool _ended;

    public CheckProgress(Session session, int total)
    {
        _session = session;
        _total = total;
        if (session.ErrorIsTerminal)
            _timer = new Timer(_ => Show(), null, Patience, Pace);
    }

    /// <summary>Told about a search under way.</summary>
    public void Searching(ExplorationProgress progress) => Volatile.Write(ref _rate, progress.StatesPerSecond);

    /// <summary>Told about a finished cell.</summary>
    public void Done(long states)
    {
        Interlocked.Add(ref _states, states);
        Interlocked.Increment(ref _done);
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
            int done = Volatile.Read(ref _done);
            var elapsed = Stopwatch.GetElapsedTime(_began);
            string left = done > 0 && done < _total ? $" · about {Quantity.Of(elapsed / done * (_total - done))} left" : "";
            double rate = Volatile.Read(ref _rate);
            string speed = rate > 0 ? $" · {Quantity.Short(rate)} states/s" : "";
            string text = $"checked {done} of {_total}{speed} · {Quantity.Of(elapsed)}{left} · Ctrl-C shows what is known";
            _session.Error.Write("\r\e[K" + TextWidth.Fit(text, _session.Width - 1));
            _shown = true;
        }
    }
}
