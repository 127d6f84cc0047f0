namespace Handoff;

/// <summary>One entry of a scatterlist: a run of memory, and after mapping its DMA segment.</summary>
/// <remarks>
/// Kernel: <c>struct scatterlist</c> (<c>include/linux/scatterlist.h</c>). Memory and DMA side are independent: after an IOMMU
/// merged a list, entry i's DMA segment is not entry i's memory. dma-direct never merges.
/// </remarks>
public struct ScatterlistEntry
{
    /// <summary>First byte of memory (page plus offset). Kernel: <c>sg_phys()</c>.</summary>
    public PhysicalAddress Address;

    /// <summary>Bytes of memory.</summary>
    public uint Length;

    /// <summary>Bytes of the DMA segment. Kernel: <c>sg_dma_len()</c>.</summary>
    public uint DmaLength;

    /// <summary>DMA address of the segment. Kernel: <c>sg_dma_address()</c>.</summary>
    public DmaAddress DmaAddress;

    /// <summary>Marks of the mapping.</summary>
    public SgDmaFlags Flags;

    /// <summary>Whether the memory belongs to a peer device.</summary>
    public PeerToPeer PeerToPeer;

    /// <summary>Distance from physical to bus address of a peer's memory.</summary>
    public long BusOffset;

    /// <summary>Makes an unmapped entry.</summary>
    public ScatterlistEntry(PhysicalAddress address, uint length)
    {
        Address = address;
        Length = length;
    }
}
