namespace Handoff.Kernels;

/// <summary>Who sets the "swiotlb" mark on bounced scatterlist entries.</summary>
public enum SgSwiotlbFlag
{
    /// <summary>The mark does not exist (before 6.5).</summary>
    None,

    /// <summary>dma-iommu, on the first entry of a list (6.5 and later).</summary>
    IommuOnly,

    /// <summary>Proposal: dma-direct too, on each bounced entry (Mercier, May 2024).</summary>
    Direct,
}
