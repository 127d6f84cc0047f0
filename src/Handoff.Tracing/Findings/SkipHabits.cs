using Handoff.Ownership;

namespace Handoff.Tracing.Findings;

/// <summary>What a device does with mappings that it releases with SKIP_CPU_SYNC.</summary>
internal sealed class SkipHabits
{
    /// <summary>Whether it ever synced one of them for the CPU.</summary>
    public bool SyncsForCpu { get; set; }

    /// <summary>Those that it did not.</summary>
    public List<(Finding Finding, Confidence Confidence, int Task)> Unsynced { get; } = [];

    /// <summary>How many more there are.</summary>
    public long MoreUnsynced { get; set; }
}
