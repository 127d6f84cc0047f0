using Handoff.Tracing.Bundles;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Findings;

/// <summary>Reads a recording once and learns from it. Time is linear, memory follows the live mappings.</summary>
public static class TraceAnalyzer
{
    /// <summary>Reads all events.</summary>
    /// <param name="reader">An open recording at its beginning.</param>
    /// <param name="facts">What is known of the machine, or <see langword="null"/>.</param>
    /// <param name="progress">Told now and then how far the reading is, 0 to 1 or -1 if not known.</param>
    /// <param name="keepMappings">Whether to keep every mapping too (<see cref="TraceAnalysis.Log"/>).</param>
    /// <param name="cancellation">Ends the reading; what was read is analysed.</param>
    public static TraceAnalysis Analyze(RecordingReader reader, MachineFacts? facts = null, Action<double>? progress = null, bool keepMappings = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var statistics = new MappingStatistics(reader, facts);
        MappingLog? log = keepMappings ? new MappingLog(reader) : null;
        var observer = new TraceObserver(statistics, log);
        using var follower = new MappingFollower(reader, facts, observer);
        observer.Judge = new OwnershipJudge(follower);

        bool interrupted;
        using (var ahead = new ReadAhead(reader, cancellation: cancellation))
        {
            while (ahead.Take() is { } batch)
            {
                for (int i = 0; i < batch.Count; i++)
                    follower.Process(ref batch.Show(i));
                progress?.Invoke(batch.Progress);
            }

            interrupted = ahead.IsInterrupted;
        }

        follower.Complete();
        return new TraceAnalysis(reader, facts, statistics, follower, observer.Judge.Complete()) { IsInterrupted = interrupted, Log = log?.Complete(follower.Tracker.LiveMappings()) };
    }
}
