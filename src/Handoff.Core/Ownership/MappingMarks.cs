namespace Handoff.Ownership;

/// <summary>What else is remembered of a mapping.</summary>
[Flags]
internal enum MappingMarks : byte
{
    None = 0,

    /// <summary>Nobody asked yet whether the map failed.</summary>
    ErrorUnchecked = 1,

    /// <summary>Mapped first with SKIP_CPU_SYNC, and not synced for the device since.</summary>
    SkippedFirst = 2,

    /// <summary>Synced for the CPU since the device last got it: what it wrote was brought back.</summary>
    BroughtBack = 4,

    /// <summary>An overlap was reported; no second time for the same mapping.</summary>
    OverlapReported = 8,
}
