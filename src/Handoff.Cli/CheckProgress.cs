using Handoff.Cli.Terminal;
using Handoff.Litmus.Exploration;
using Handoff.Reports.Text;

namespace Handoff.Cli;

/// <summary>How far a check is, on the terminal.</summary>
internal sealed class CheckProgress : IDisposable
{
    private readonly int _total;
    private readonly ProgressLine _line;
    private int _done; // cells finished
    private double _rate; // states per second of the search heard of last

    public CheckProgress(Session session, int total)
    {
        _total = total;
        _line = new ProgressLine(session, Text, part: () => (double)Volatile.Read(ref _done) / _total);
    }

    /// <summary>Told about a search under way.</summary>
    public void Searching(ExplorationProgress progress) => Volatile.Write(ref _rate, progress.StatesPerSecond);

    /// <summary>Told about a finished cell.</summary>
    public void Done() => Interlocked.Increment(ref _done);

    public void Dispose() => _line.Dispose();

    private string Text(TimeSpan elapsed)
    {
        int done = Volatile.Read(ref _done);
        double rate = Volatile.Read(ref _rate);
        string speed = rate > 0 ? $" · {Quantity.Short(rate)} states/s" : "";
        return $"checked {done} of {_total}{speed} · {Quantity.Of(elapsed)}{ProgressLine.Left(elapsed, (double)done / _total)} · Ctrl-C shows what is known";
    }
}
