namespace Handoff.Tracing.Findings;

/// <summary>What decides about a finding.</summary>
internal enum DoubtKind
{
    /// <summary>A map of the same address on another processor soon after speaks against it.</summary>
    UntilMap,

    /// <summary>The end of the mapping: it may be synced before.</summary>
    UntilEnd,

    /// <summary>As <see cref="UntilMap"/>; and whether the other device's mapping ever ends.</summary>
    Stranger,

    /// <summary>The end of the earlier of two mappings: on the later one's processor, or so much later that no clock explains it.</summary>
    Overlap,

    /// <summary>Whether the earlier of two mappings ever ends: if not, its memory was given away while it was mapped.</summary>
    Reuse,
}
