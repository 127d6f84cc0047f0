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
    public static TraceAnalysis Analyze(RecordingReader reader, MachineFacts? facts = null, Action<double>? progress = null, bool keepMappings = false, CancellationToken cancellation = default) =>
        Analyze(reader, facts, progress, keepMappings, null, cancellation);

    /// <summary>As above, with somebody who looks on.</summary>
    internal static TraceAnalysis Analyze(RecordingReader reader, MachineFacts? facts, Action<double>? progress, bool keepMappings, TraceTap? tap, CancellationToken cancellation)
    {
        const int lookEvery = 256; // events of lists in a crowd take long
        ArgumentNullException.ThrowIfNull(reader);
        var statistics = new MappingStatistics(reader, facts);
        MappingLog? log = keepMappings ? new MappingLog(reader) : null;
        var observer = new TraceObserver(statistics, log, tap);
        using var follower = new MappingFollower(reader, facts, observer);
        observer.Judge = new OwnershipJudge(follower, statistics);

        reader.NamesMarkers &= tap is not null; // nobody else asks
        if (tap is not null)
            tap.Statistics = statistics;
        bool interrupted = false;
        using (var ahead = new ReadAhead(reader, cancellation: cancellation))
        {
            while (!interrupted && ahead.Take() is { } batch)
            {
                for (int i = 0; i < batch.Count && !interrupted; i++)
                {
                    interrupted = i % lookEvery == lookEvery - 1 && cancellation.IsCancellationRequested;
                    ref DmaEvent e = ref batch.Show(i);
                    tap?.Read(e);
                    follower.Process(ref e);
                }

                progress?.Invoke(batch.Progress);
            }

            interrupted |= ahead.IsInterrupted;
        }

        follower.Complete();
        statistics.Complete();
        tap?.Complete(follower.Tracker.LiveMappings());
        return new TraceAnalysis(reader, facts, statistics, follower, observer.Judge.Complete()) { IsInterrupted = interrupted, Forgotten = interrupted ? [] : observer.Judge.Forgotten, Log = log?.Complete(follower.Tracker.LiveMappings()) };
    }
}
