using Handoff.Coherent;
using Handoff.Logging;
using Handoff.Ownership;
using Handoff.Pages;

namespace Handoff;

/// <content>Memory that is ordinary for the CPU and reachable for a device; the caller syncs.</content>
public sealed partial class DmaLayer<TMemory>
{
    /// <summary>Allocates cacheable pages that the device reaches, zeroed. Sync them before the first DMA.</summary>
    /// <param name="device">The device.</param>
    /// <param name="size">Bytes; whole pages are taken.</param>
    /// <param name="direction">Direction of their use.</param>
    /// <param name="gfp">Must not name a zone.</param>
    /// <returns>The memory, or <see langword="null"/>.</returns>
    /// <remarks>Kernel: <c>dma_alloc_pages()</c> and <c>dma_alloc_noncoherent()</c>.</remarks>
    public DmaBuffer? AllocPages(Device device, ulong size, DmaDirection direction, GfpFlags gfp = GfpFlags.Kernel)
    {
        DmaBuffer? made = TakeNoncoherent(device, size, direction, gfp);
        if (made is not null)
            _observer?.Allocated(device, MappingKind.Noncoherent, made.Dma, made.Physical, size, direction, DmaAttributes.None);
        return made;
    }

    private DmaBuffer? TakeNoncoherent(Device device, ulong size, DmaDirection direction, GfpFlags gfp)
    {
        if (device.BehindIommu)
            ThrowIommu(device);
        if ((uint)direction > (uint)DmaDirection.FromDevice)
            ThrowBadDirection(direction);
        if (device.CoherentDmaMask == 0 || (gfp & (GfpFlags.Dma | GfpFlags.Dma32 | GfpFlags.HighMem | GfpFlags.Comp)) != 0)
        {
            Log.WriteOnce("alloc pages", KernelLogLevel.Warning, device, "pages for DMA need a coherent mask and no zone flags");
            return null;
        }

        ulong bytes = Align.Up(size, _pageSize);
        if (bytes == 0)
            return null;
        if (_rules.ForcesUnencrypted(device) && (gfp & GfpFlags.Kernel) == 0)
            return AllocAtomic(device, size, gfp);
        if (TakePages(device, size, gfp) is not { } block || !TryShare(device, block, bytes))
            return null;
        _memory.Zero(block.Start, bytes);
        return Buffer(device, block, size, CpuView.Cached);
    }

    /// <summary>Frees such pages; <see langword="null"/> does nothing. Kernel: <c>dma_free_pages()</c>.</summary>
    public void FreePages(Device device, DmaBuffer? buffer, DmaDirection direction) => FreeAs(MappingKind.Noncoherent, device, buffer, direction);

    /// <summary>The same as <see cref="AllocPages"/>, by kernel address. Kernel: <c>dma_alloc_noncoherent()</c>.</summary>
    public DmaBuffer? AllocNoncoherent(Device device, ulong size, DmaDirection direction, GfpFlags gfp = GfpFlags.Kernel) =>
        AllocPages(device, size, direction, gfp);

    /// <summary>Frees it. Kernel: <c>dma_free_noncoherent()</c>.</summary>
    public void FreeNoncoherent(Device device, DmaBuffer? buffer, DmaDirection direction) => FreePages(device, buffer, direction);

    /// <summary>Allocates memory in pieces where an IOMMU joins them; without one it is a single block.</summary>
    /// <param name="device">The device.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="direction">Direction of its use.</param>
    /// <param name="gfp">Must not name a zone.</param>
    /// <param name="attributes">Only ALLOC_SINGLE_PAGES is allowed.</param>
    /// <param name="memory">The block behind the table.</param>
    /// <returns>A mapped table with one DMA segment, or <see langword="null"/>.</returns>
    /// <remarks>Kernel: <c>dma_alloc_noncontiguous()</c>.</remarks>
    public SgTable? AllocNoncontiguous(
        Device device, ulong size, DmaDirection direction, GfpFlags gfp, DmaAttributes attributes, out DmaBuffer? memory)
    {
        memory = null;
        if ((attributes & ~DmaAttributes.AllocSinglePages) != 0)
        {
            Log.WriteOnce("alloc noncontiguous", KernelLogLevel.Warning, device, "non-contiguous memory takes no such attribute");
            return null;
        }

        memory = Align.Up(size, _pageSize) <= uint.MaxValue ? TakeNoncoherent(device, size, direction, gfp) : null; // one entry has 32 bits
        if (memory is null)
            return null;
        _observer?.Allocated(device, MappingKind.Sg, memory.Dma, memory.Physical, size, direction, DmaAttributes.None); // as the kernel records it
        return new SgTable(new ScatterlistEntry(memory.Physical, (uint)Align.Up(size, _pageSize))
        {
            DmaAddress = memory.Dma,
            DmaLength = (uint)Align.Up(size, _pageSize),
        });
    }

    /// <summary>Frees it. Kernel: <c>dma_free_noncontiguous()</c>.</summary>
    public void FreeNoncontiguous(Device device, DmaBuffer? memory, DmaDirection direction) => FreeAs(MappingKind.Sg, device, memory, direction);

    /// <summary>Where the kernel reaches it: its linear address. Kernel: <c>dma_vmap_noncontiguous()</c> without an IOMMU.</summary>
    public VirtualAddress VmapNoncontiguous(DmaBuffer memory) => Machine.ToVirtual(memory.Physical);

    private void FreeAs(MappingKind kind, Device device, DmaBuffer? buffer, DmaDirection direction)
    {
        if (buffer is null)
            return;
        _observer?.Freeing(device, kind, buffer.Dma, buffer.Physical, buffer.Size, direction, DmaAttributes.None);
        GiveBack(device, buffer);
    }
}
