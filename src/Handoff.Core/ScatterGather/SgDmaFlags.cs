namespace Handoff;

/// <summary>Marks that mapping leaves on a scatterlist entry.</summary>
/// <remarks>Kernel: <c>SG_DMA_*</c> bits of <c>dma_flags</c> (<c>include/linux/scatterlist.h</c>).</remarks>
[Flags]
public enum SgDmaFlags
{
    /// <summary>No mark.</summary>
    None = 0,

    /// <summary>The DMA address is a peer device's bus address. Kernel: <c>SG_DMA_BUS_ADDRESS</c>.</summary>
    BusAddress = 1,

    /// <summary>A bounce buffer stands behind the list (dma-iommu: first entry only). Kernel: <c>SG_DMA_SWIOTLB</c>.</summary>
    Swiotlb = 2,
}
