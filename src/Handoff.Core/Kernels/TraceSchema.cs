namespace Handoff.Kernels;

/// <summary>Which family of trace events a kernel emits.</summary>
public enum TraceSchema
{
    /// <summary>None (before 6.12), except swiotlb_bounced.</summary>
    None,

    /// <summary>Ten events and the syncs; allocations carry no direction (6.12.0).</summary>
    V6_12,

    /// <summary>Split allocation events, error events, capped lists (6.12 stable, 6.13).</summary>
    V6_12_Stable,

    /// <summary>Pages renamed to phys, resource events gone (6.18).</summary>
    V6_18,

    /// <summary>As before, with the dma_buf group (7.0).</summary>
    V7_0,
}
