using Handoff.Tracing.Bundles;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Findings;

/// <summary>What was learnt from reading a recording once: figures, broken rules, and what was never released.</summary>
public sealed class TraceAnalysis
{
    internal TraceAnalysis(RecordingReader reader, MachineFacts? facts, MappingStatistics statistics, MappingFollower follower, IReadOnlyList<Accusation> accusations)
    {
        Header = reader.Header;
        Events = reader.Statistics.Events;
        Counts = reader.Statistics;
        Diagnostics = [.. reader.Diagnostics];
        TaskNames = reader.Tasks;
        Facts = facts;
        Statistics = statistics;
        Accusations = accusations;
        Start = statistics.Clock.Origin;
        End = Math.Max(follower.Now, Start);
        Survivors = Findings.Survivors.Find(follower.Tracker, reader.Tasks, Start, End);
        LiveAtEnd = follower.Tracker.Live;
        Gaps = follower.Gaps;
        PartialFrom = follower.PartialFrom;
        TooManyLive = follower.TooManyLive;
        EventsOfOtherBuffers = follower.EventsOfOtherBuffers;
        UnknownListUnmaps = follower.UnknownListUnmaps;
    }

    /// <summary>What the recording says about itself.</summary>
    public RecordingHeader Header { get; }

    /// <summary>Facts about the machine; <see langword="null"/> for a bare recording.</summary>
    public MachineFacts? Facts { get; }

    /// <summary>Events read.</summary>
    public long Events { get; }

    /// <summary>Counts of events by kind.</summary>
    public RecordingStatistics Counts { get; }

    /// <summary>What is wrong with the file.</summary>
    public IReadOnlyList<RecordingDiagnostic> Diagnostics { get; }

    /// <summary>Figures.</summary>
    public MappingStatistics Statistics { get; }

    /// <summary>Rules of ownership that were broken.</summary>
    public IReadOnlyList<Accusation> Accusations { get; }

    /// <summary>What was never released, by device, direction and size class.</summary>
    public IReadOnlyList<SurvivorGroup> Survivors { get; }

    /// <summary>Mappings and allocations live at the end; segments count.</summary>
    public int LiveAtEnd { get; }

    /// <summary>Time of the first event about mappings, in the recording's units.</summary>
    public ulong Start { get; }

    /// <summary>Time of the last one.</summary>
    public ulong End { get; }

    /// <summary>How often events are missing.</summary>
    public long Gaps { get; }

    /// <summary>
    /// From when on all events of some processor are missing, because the recording was cut or is damaged; <see langword="null"/> if they are all there.
    /// From there on what is mapped is counted, but what is live is not known.
    /// </summary>
    public ulong? PartialFrom { get; }

    /// <summary>Whether more mappings were live than are followed, so that all were forgotten at some point.</summary>
    public bool TooManyLive { get; }

    /// <summary>Events of other ring buffers than the one followed.</summary>
    public long EventsOfOtherBuffers { get; }

    /// <summary>Unmaps of lists never seen.</summary>
    public long UnknownListUnmaps { get; }

    /// <summary>Whether reading was interrupted.</summary>
    public bool IsInterrupted { get; internal set; }

    /// <summary>Every mapping, if they were to be kept.</summary>
    public MappingLog? Log { get; internal init; }

    /// <summary>What was never released although its memory was mapped again.</summary>
    internal IReadOnlyList<ForgottenMappings> Forgotten { get; init; } = [];

    internal NameTable TaskNames { get; }

    /// <summary>Name of a task.</summary>
    internal string TaskName(int task) => task > 0 && task < TaskNames.Count ? TaskNames[task] : "";
}
