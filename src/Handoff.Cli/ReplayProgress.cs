using Handoff.Cli.Terminal;
using Handoff.Reports.Text;

namespace Handoff.Cli;

/// <summary>How far replays are, on the terminal.</summary>
internal sealed class ReplayProgress : IDisposable
{
    private readonly ProgressLine _line;
    private double _share = -1; // of the work done, or -1 if unknown
    private int _replays;

    public ReplayProgress(Session session) => _line = new ProgressLine(session, Text, part: () => Volatile.Read(ref _share));

    /// <summary>Told how much of all replays is done, 0 to 1, or -1 if unknown.</summary>
    public void Share(double share) => Volatile.Write(ref _share, share);

    /// <summary>Told how many replays are done.</summary>
    public void Replays(int count) => Volatile.Write(ref _replays, count);

    public void Dispose() => _line.Dispose();

    private string Text(TimeSpan elapsed)
    {
        double share = Volatile.Read(ref _share);
        int replays = Volatile.Read(ref _replays);
        string done = replays > 0 ? $" · {Quantity.Of(replays, "replay")}" : "";
        return $"replaying{done} · {Quantity.Of(elapsed)}{ProgressLine.Left(elapsed, share)} · Ctrl-C shows what is known";
    }
}
