namespace Handoff.Kernels;

/// <summary>How much the debug checks (<c>CONFIG_DMA_API_DEBUG</c>) report; every value does what the ones before it do, except where said.</summary>
public enum DebugChecks
{
    /// <summary>No report of mappings that share a cache line (before 5.14).</summary>
    NoOverlap,

    /// <summary>Shared cache lines are reported, unless the mapping skips cache work (5.14).</summary>
    Overlap,

    /// <summary>Not reported where kmalloc bouncing is built and the device has a bounce pool, whatever happened (6.18, 6.12 stable).</summary>
    OverlapMutedByBouncing,

    /// <summary>Mappings may be marked as sharing their line on purpose (7.0).</summary>
    OverlapAllowedByAttribute,

    /// <summary>A release with other attributes than its map is reported (7.2).</summary>
    Attributes,
}
