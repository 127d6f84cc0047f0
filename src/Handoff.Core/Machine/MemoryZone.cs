namespace Handoff;

/// <summary>The zones that the page allocator distinguishes on 64-bit machines.</summary>
public enum MemoryZone
{
    /// <summary>Below the architecture's lowest DMA limit. Kernel: <c>ZONE_DMA</c>.</summary>
    Dma,

    /// <summary>Below 4 GiB. Kernel: <c>ZONE_DMA32</c>.</summary>
    Dma32,

    /// <summary>Everything else. Kernel: <c>ZONE_NORMAL</c>.</summary>
    Normal,
}
