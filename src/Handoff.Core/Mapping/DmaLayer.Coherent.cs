using System.Numerics;
using Handoff.Coherent;
using Handoff.Logging;
using Handoff.Ownership;
using Handoff.Pages;
using Handoff.Swiotlb;

namespace Handoff;

/// <content>Memory that the CPU and a device share without syncs.</content>
public sealed partial class DmaLayer<TMemory>
{
    private readonly Lock _kernelMemoryLock = new();
    private KernelMemory? _kernelMemory;

    /// <summary>The kernel's sources of memory. Made on first use.</summary>
    public KernelMemory KernelMemory
    {
        get
        {
            if (_kernelMemory is { } memory)
                return memory;
            lock (_kernelMemoryLock)
                return _kernelMemory ??= new KernelMemory(Machine, Swiotlb, _rules.KmallocMinAlign);
        }
    }

    /// <summary>Allocates memory that device and CPU see alike, zeroed.</summary>
    /// <remarks>Kernel: <c>dma_alloc_coherent()</c>.</remarks>
    /// <inheritdoc cref="AllocAttrs"/>
    public DmaBuffer? AllocCoherent(Device device, ulong size, GfpFlags gfp = GfpFlags.Kernel) =>
        AllocAttrs(device, size, gfp, (gfp & GfpFlags.NoWarn) != 0 ? DmaAttributes.NoWarn : DmaAttributes.None);

    /// <summary>Allocates such memory for write-combined access where the architecture tells it apart.</summary>
    /// <remarks>Kernel: <c>dma_alloc_wc()</c>.</remarks>
    /// <inheritdoc cref="AllocAttrs"/>
    public DmaBuffer? AllocWriteCombine(Device device, ulong size, GfpFlags gfp = GfpFlags.Kernel) =>
        AllocAttrs(device, size, gfp, DmaAttributes.WriteCombine | ((gfp & GfpFlags.NoWarn) != 0 ? DmaAttributes.NoWarn : DmaAttributes.None));

    /// <summary>Allocates coherent memory.</summary>
    /// <param name="device">The device; its coherent mask and bus limit decide where the memory may lie.</param>
    /// <param name="size">Bytes; whole pages are taken.</param>
    /// <param name="gfp">Whether the call may sleep; zone flags are dropped, the masks decide.</param>
    /// <param name="attributes">NO_KERNEL_MAPPING gives a cookie and memory that is not zeroed.</param>
    /// <returns>The memory, or <see langword="null"/>.</returns>
    /// <remarks>Kernel: <c>dma_alloc_attrs()</c> and <c>dma_direct_alloc()</c>, 6.12.</remarks>
    /// <exception cref="NotSupportedException">The device is behind an IOMMU.</exception>
    public DmaBuffer? AllocAttrs(Device device, ulong size, GfpFlags gfp, DmaAttributes attributes)
    {
        if (device.BehindIommu)
            ThrowIommu(device);
        if (device.CoherentDmaMask == 0)
            Log.WriteOnce("coherent mask", KernelLogLevel.Warning, device, "coherent DMA mask is unset");
        if ((gfp & GfpFlags.Comp) != 0)
        {
            Log.WriteOnce("alloc comp", KernelLogLevel.Warning, device, "coherent memory cannot be compound");
            return null;
        }

        if (device.CoherentPool is { } own)
            return AllocFromDevicePool(own, size);
        gfp &= ~(GfpFlags.Dma | GfpFlags.Dma32 | GfpFlags.HighMem);
        if ((attributes & DmaAttributes.NoWarn) != 0)
            gfp |= GfpFlags.NoWarn;
        DmaBuffer? made = AllocDirect(device, size, gfp, attributes);
        if (made is not null && IsObserved(made))
            _observer?.Allocated(device, MappingKind.Coherent, made.Dma, made.Physical, size, DmaDirection.Bidirectional, attributes);
        return made;
    }

    /// <summary>Frees coherent memory.</summary>
    /// <param name="device">The device it was allocated for.</param>
    /// <param name="buffer">What the allocation returned; <see langword="null"/> does nothing.</param>
    /// <param name="attributes">The attributes of the allocation.</param>
    /// <remarks>Kernel: <c>dma_free_attrs()</c> and <c>dma_direct_free()</c>.</remarks>
    public void FreeAttrs(Device device, DmaBuffer? buffer, DmaAttributes attributes = DmaAttributes.None)
    {
        if (buffer is null)
            return;
        if (IsObserved(buffer))
            _observer?.Freeing(device, MappingKind.Coherent, buffer.Dma, buffer.Physical, buffer.Size, DmaDirection.Bidirectional, attributes);
        GiveBack(device, buffer);
    }

    /// <summary>As in the kernel's own debug hooks: neither a device's own pool nor memory without a kernel mapping is seen.</summary>
    private static bool IsObserved(DmaBuffer buffer) => buffer.Source != MemorySource.DevicePool && buffer.View != CpuView.None;

    private void GiveBack(Device device, DmaBuffer buffer)
    {
        switch (buffer.Source)
        {
            case MemorySource.DevicePool:
                device.CoherentPool?.Give(buffer.Physical - device.CoherentPool.Start, buffer.Size);
                break;
            case MemorySource.RestrictedPool:
                SwiotlbAllocator allocator = AllocatorOf(device)!;
                ReleaseSlots(device, allocator, allocator.FindPool(device, buffer.Physical)!, buffer.Physical);
                break;
            case MemorySource.AtomicPool:
                KernelMemory.TryGiveAtomic(buffer.Physical, buffer.Size);
                break;
            case MemorySource.Contiguous:
                KernelMemory.GiveContiguous(device, buffer.Physical, buffer.Size);
                break;
            default:
                KernelMemory.Pages.Free(buffer.Physical, KernelMemory.Pages.OrderOf(buffer.Size));
                break;
        }
    }

    /// <summary>Frees coherent memory. Kernel: <c>dma_free_coherent()</c>.</summary>
    public void FreeCoherent(Device device, DmaBuffer? buffer) => FreeAttrs(device, buffer);

    /// <summary>Whether a part of a coherent buffer can be mapped to user space.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="pageOffset">First page of the part.</param>
    /// <param name="pages">Pages of the part.</param>
    /// <returns><see cref="Errno.NoSuchDeviceOrAddress"/> if it does not lie within the buffer.</returns>
    /// <remarks>Kernel: <c>dma_mmap_attrs()</c>.</remarks>
    public Errno Mmap(DmaBuffer buffer, ulong pageOffset, ulong pages)
    {
        ulong count = Align.Up(buffer.Size, _pageSize) / _pageSize;
        return pageOffset >= count || pages > count - pageOffset ? Errno.NoSuchDeviceOrAddress : Errno.None;
    }

    /// <summary>A one-entry table of a coherent buffer's pages. Kernel: <c>dma_get_sgtable()</c>.</summary>
    public SgTable GetSgTable(DmaBuffer buffer) =>
        new(new ScatterlistEntry(buffer.Physical, checked((uint)Align.Up(buffer.Size, _pageSize))));

    /// <summary>Makes a pool of small coherent blocks.</summary>
    /// <param name="name">Name for messages.</param>
    /// <param name="device">The device.</param>
    /// <param name="size">Bytes of a block.</param>
    /// <param name="align">Alignment, a power of two; 0 means 1.</param>
    /// <param name="boundary">Boundary that no block crosses, a power of two; 0 for none.</param>
    /// <returns>The pool, or <see langword="null"/> for arguments that the kernel refuses.</returns>
    /// <remarks>Kernel: <c>dma_pool_create()</c>.</remarks>
    public DmaPool<TMemory>? CreateDmaPool(string name, Device? device, ulong size, ulong align, ulong boundary)
    {
        const ulong smallest = 16; // two words: the link of a free block lives in the block
        align = align == 0 ? 1 : align;
        if (device is null || !BitOperations.IsPow2(align) || size is 0 or > int.MaxValue)
            return null;
        size = Align.Up(Math.Max(size, smallest), align);
        ulong chunk = Math.Max(size, _pageSize);
        if (boundary != 0 && (boundary < size || !BitOperations.IsPow2(boundary)))
            return null;
        return new DmaPool<TMemory>(this, name, device, size, boundary == 0 ? chunk : Math.Min(boundary, chunk), chunk);
    }

    private DmaBuffer? AllocFromDevicePool(DeviceCoherentPool pool, ulong size)
    {
        if (pool.Take(size) is not { } offset)
            return null;
        _memory.Zero(pool.Start + offset, size);
        return new DmaBuffer(KernelMemory.NewMapping(size), pool.DeviceStart + offset, pool.Start + offset, size, CpuView.NonCacheable, MemorySource.DevicePool);
    }

    private DmaBuffer? AllocDirect(Device device, ulong size, GfpFlags gfp, DmaAttributes attributes)
    {
        bool unencrypted = _rules.ForcesUnencrypted(device);
        bool restricted = AllocatorOf(device) is { ForAlloc: true };
        bool remap = !_rules.IsCoherent(device);
        if ((attributes & DmaAttributes.NoKernelMapping) != 0 && !unencrypted && !restricted)
        {
            if (TakePages(device, size, gfp) is not { } cookie)
                return null;
            if (Machine.HasNonCoherentDevices)
                _memory.Clean(cookie.Start, Align.Up(size, _pageSize));
            return Buffer(device, cookie, size, CpuView.None);
        }

        if ((remap || unencrypted) && (gfp & GfpFlags.Kernel) == 0 && !restricted)
            return AllocAtomic(device, size, gfp);
        if (TakePages(device, size, gfp) is not { } block)
            return null;

        // The cacheable alias must hold no dirty line before the memory is written through the other mapping. The zeroes are
        // written through that mapping too, so nothing of them stays in the cache.
        ulong bytes = Align.Up(size, _pageSize);
        if (remap)
            _memory.Clean(block.Start, bytes);
        _memory.Zero(block.Start, bytes);
        if (remap)
            _memory.Clean(block.Start, bytes);
        return Buffer(device, block, size, remap ? CpuView.NonCacheable : CpuView.Cached);
    }

    private DmaBuffer? AllocAtomic(Device device, ulong size, GfpFlags gfp)
    {
        if (KernelMemory.TakeAtomic(size, gfp | ZoneHint(device), start => CoherentOk(device, start, size)) is not { } found)
        {
            if ((gfp & GfpFlags.NoWarn) == 0)
                Log.Write(KernelLogLevel.Warning, device, $"DMA pool exhausted for {device}");
            return null;
        }

        _memory.Zero(found, size);
        return Buffer(device, (found, MemorySource.AtomicPool), size, _rules.IsCoherent(device) ? CpuView.Cached : CpuView.NonCacheable);
    }

    private DmaBuffer Buffer(Device device, (PhysicalAddress Start, MemorySource Source) block, ulong size, CpuView view) =>
        new(
            view == CpuView.NonCacheable ? KernelMemory.NewMapping(size) : Machine.ToVirtual(block.Start),
            block.Source == MemorySource.RestrictedPool ? Direct.DirectRules.ToDmaUnencrypted(device, block.Start) : _rules.ToDmaDirect(device, block.Start),
            block.Start,
            size,
            view,
            block.Source);

    /// <summary>Which zone can hold memory that the device reaches. Kernel: <c>dma_direct_optimal_gfp_mask()</c>.</summary>
    private GfpFlags ZoneHint(Device device)
    {
        ulong limit = CoherentPhysicalLimit(device);
        return limit <= Machine.Zones.DmaLimit ? GfpFlags.Dma : limit <= 0xffff_ffff ? GfpFlags.Dma32 : GfpFlags.Atomic;
    }

    private ulong CoherentPhysicalLimit(Device device) => _rules.ToPhysical(device, new(device.CoherentLimit)).Value;

    private bool CoherentOk(Device device, PhysicalAddress start, ulong size)
    {
        DmaAddress dma = _rules.ToDmaDirect(device, start);
        return dma.IsMapped && unchecked(dma.Value + size - 1) <= device.CoherentLimit;
    }

    /// <summary>Finds pages that the device reaches, with the zone retries. Kernel: <c>__dma_direct_alloc_pages()</c>.</summary>
    private (PhysicalAddress Start, MemorySource Source)? TakePages(Device device, ulong size, GfpFlags gfp)
    {
        ulong bytes = Align.Up(size, _pageSize);
        if (AllocatorOf(device) is { ForAlloc: true } restricted)
            return TakeRestricted(device, restricted, bytes);

        ulong limit = CoherentPhysicalLimit(device);
        gfp |= ZoneHint(device);
        if (KernelMemory.TakeContiguous(device, bytes, gfp) is { } contiguous)
        {
            if (CoherentOk(device, contiguous, bytes))
                return (contiguous, MemorySource.Contiguous);
            KernelMemory.GiveContiguous(device, contiguous, bytes);
        }

        int order = KernelMemory.Pages.OrderOf(bytes);
        while (KernelMemory.Pages.Allocate(order, gfp) is { } pages)
        {
            if (CoherentOk(device, pages, bytes))
                return (pages, MemorySource.Pages);
            KernelMemory.Pages.Free(pages, order);
            if (limit < ulong.MaxValue && (gfp & (GfpFlags.Dma | GfpFlags.Dma32)) == 0)
                gfp |= GfpFlags.Dma32;
            else if (Machine.ZoneDma && (gfp & GfpFlags.Dma) == 0)
                gfp = (gfp & ~GfpFlags.Dma32) | GfpFlags.Dma;
            else
                break;
        }

        return null;
    }

    /// <summary>Takes page-aligned slots as memory. Kernel: <c>swiotlb_alloc()</c>.</summary>
    private (PhysicalAddress Start, MemorySource Source)? TakeRestricted(Device device, SwiotlbAllocator allocator, ulong bytes)
    {
        ulong alignMask = ((ulong)_pageSize << KernelMemory.Pages.OrderOf(bytes)) - 1;
        var request = new SlotRequest(0, bytes, alignMask, _kernel.MinAlignMask ? device.MinAlignMask : 0, device.SegmentBoundaryMask, _pageSize, _kernel.PageAlignBigBounce);
        SwiotlbPool? pool = null;
        int slot = allocator.Find(device, CurrentCpu.Id, request, 0, ref pool);
        if (slot < 0)
            return null;
        if (allocator.IsDynamic)
            device.UsesSwiotlb = true;
        PhysicalAddress start = pool!.Start + ((ulong)slot << SwiotlbConstants.SlotShift);
        if ((start.Value & (_pageSize - 1)) != 0 || !CoherentOk(device, start, bytes))
        {
            ReleaseSlots(device, allocator, pool, start);
            return null;
        }

        return (start, MemorySource.RestrictedPool);
    }
}
