using Handoff.Cli.Terminal;
using Handoff.Reports.Text;

namespace Handoff.Cli;

/// <summary>How far the reading of a recording is, on the terminal.</summary>
internal sealed class ReadingProgress : IDisposable
{
    private readonly string _verb;
    private readonly ProgressLine _line;
    private double _part = -1;

    /// <summary>Begins.</summary>
    /// <param name="session">Where to.</param>
    /// <param name="verb">What is done, in the past: <c>read</c>, <c>replayed</c>.</param>
    public ReadingProgress(Session session, string verb)
    {
        _verb = verb;
        _line = new ProgressLine(session, Text, part: () => Volatile.Read(ref _part));
    }

    /// <summary>Told how far it is, 0 to 1, or -1 if not known.</summary>
    public void Report(double part) => Volatile.Write(ref _part, part);

    public void Dispose() => _line.Dispose();

    private string Text(TimeSpan elapsed)
    {
        double part = Volatile.Read(ref _part);
        return $"{_verb} · {Quantity.Of(elapsed)}{ProgressLine.Left(elapsed, part)} · Ctrl-C shows what is known";
    }
}
