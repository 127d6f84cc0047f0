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
                return _kernelMemory ??= new KernelMemory(Machine, Swiotlb, _rules.KmallocMinAlign, Decrypted);
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
    /// <param name="size">Bytes; whole pages are taken. 0 gives none, as does a size that cannot be rounded up.</param>
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
            return AllocFromDevicePool(device, own, size);
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
    /// <remarks>
    /// Kernel: <c>dma_free_attrs()</c> and <c>dma_direct_free()</c>. Memory that cannot be encrypted again is leaked, with a message.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The memory is free already, or of a pool that the device does not use.</exception>
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
                (device.CoherentPool ?? throw Stranger(device, buffer)).Give(buffer.Physical, buffer.Size);
                break;
            case MemorySource.RestrictedPool:
                if (AllocatorOf(device)?.FindPool(device, buffer.Physical) is not { } pool || pool.Release(buffer.Physical, MinAlignOf(device)) == 0)
                    throw Stranger(device, buffer);
                break;
            case MemorySource.AtomicPool:
                if (!KernelMemory.TryGiveAtomic(buffer.Physical, Align.Up(buffer.Size, _pageSize)))
                    throw Stranger(device, buffer);
                break;
            case MemorySource.Contiguous:
                if (TryMakePrivate(device, buffer))
                    KernelMemory.GiveContiguous(device, buffer.Physical, Align.Up(buffer.Size, _pageSize));
                break;
            default:
                if (TryMakePrivate(device, buffer))
                    KernelMemory.Pages.Free(buffer.Physical, KernelMemory.Pages.OrderOf(buffer.Size));
                break;
        }
    }

    private static InvalidOperationException Stranger(Device device, DmaBuffer buffer) =>
        new($"The {buffer.Size} bytes at {buffer.Physical} are free already, or were not allocated for {device}.");

    /// <summary>Encrypts memory again that is to be freed. If that fails it is lost.</summary>
    private bool TryMakePrivate(Device device, DmaBuffer buffer)
    {
        if (buffer.View != CpuView.Cached || !_rules.ForcesUnencrypted(device)
            || Decrypted.TryEncryptOrLeak(buffer.Physical, Align.Up(buffer.Size, _pageSize)))
            return true;
        if (Log.Allows("leaking"))
            Log.Write(KernelLogLevel.Notice, null, "leaking DMA memory that can't be re-encrypted");
        return false;
    }

    /// <summary>Frees coherent memory.</summary>
    /// <remarks>Kernel: <c>dma_free_coherent()</c>.</remarks>
    /// <inheritdoc cref="FreeAttrs"/>
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

    /// <summary>A one-entry table of a coherent buffer's pages.</summary>
    /// <remarks>Kernel: <c>dma_get_sgtable()</c>.</remarks>
    /// <exception cref="ArgumentException">The buffer has 4 GiB or more, which one entry cannot say.</exception>
    public SgTable GetSgTable(DmaBuffer buffer) => Align.Up(buffer.Size, _pageSize) is var bytes and <= uint.MaxValue
        ? new SgTable(new ScatterlistEntry(buffer.Physical, (uint)bytes))
        : throw new ArgumentException("One entry of a list holds less than 4 GiB.", nameof(buffer));

    /// <summary>Gives a device coherent memory of its own: from then on its only source.</summary>
    /// <param name="device">The device.</param>
    /// <param name="start">First physical byte, page-aligned.</param>
    /// <param name="deviceStart">Where the device sees it.</param>
    /// <param name="size">Bytes; whole pages are used.</param>
    /// <returns>
    /// <see cref="Errno.Invalid"/> for less than a page or a place that cannot be mapped, <see cref="Errno.NoDevice"/> for no device,
    /// <see cref="Errno.Busy"/> if it has such memory.
    /// </returns>
    /// <remarks>Kernel: <c>dma_declare_coherent_memory()</c>.</remarks>
    public Errno DeclareCoherentMemory(Device? device, PhysicalAddress start, DmaAddress deviceStart, ulong size)
    {
        size = Align.Down(size, _pageSize);
        if (size == 0 || start.Value % _pageSize != 0 || size - 1 > ulong.MaxValue - Math.Max(start.Value, deviceStart.Value))
            return Errno.Invalid;
        if (device is null)
            return Errno.NoDevice;
        if (device.CoherentPool is not null)
            return Errno.Busy;
        device.CoherentPool = new DeviceCoherentPool(start, deviceStart, size, _pageSize);
        return Errno.None;
    }

    /// <summary>Gives a device a reserved region as coherent memory of its own, at the address where it sees it.</summary>
    /// <returns>As <see cref="DeclareCoherentMemory"/>. A region beyond the device's coherent reach is attached with a message.</returns>
    /// <remarks>Kernel: <c>rmem_dma_device_init()</c>, for a <c>shared-dma-pool</c> without <c>reusable</c>.</remarks>
    public Errno AttachReservedMemory(Device device, MemoryRange region)
    {
        DmaAddress start = _rules.ToDma(device, region.Start);
        Errno error = DeclareCoherentMemory(device, region.Start, start, region.Size);
        if (error == Errno.None && start.Value + (region.Size - 1) > device.CoherentLimit)
            Log.Write(KernelLogLevel.Notice, device, $"reserved memory is beyond device's set DMA address range: {region}, limit 0x{device.CoherentLimit:x}");
        return error;
    }

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

    private DmaBuffer? AllocFromDevicePool(Device device, DeviceCoherentPool pool, ulong size)
    {
        if (pool.Take(size) is not { } offset)
            return null;
        ZeroThrough(pool.Start + offset, size, uncached: !_rules.IsCoherent(device));
        return new DmaBuffer(KernelMemory.NewMapping(size), pool.DeviceStart + offset, pool.Start + offset, size, CpuView.NonCacheable, MemorySource.DevicePool);
    }

    private DmaBuffer? AllocDirect(Device device, ulong size, GfpFlags gfp, DmaAttributes attributes)
    {
        ulong bytes = Align.Up(size, _pageSize);
        if (bytes == 0)
            return null;
        bool unencrypted = _rules.ForcesUnencrypted(device);
        bool restricted = AllocatorOf(device) is { ForAlloc: true };
        bool remap = !_rules.IsCoherent(device);
        if ((attributes & DmaAttributes.NoKernelMapping) != 0 && !unencrypted && !restricted)
        {
            if (TakePages(device, size, gfp) is not { } cookie)
                return null;
            if (Machine.HasNonCoherentDevices)
                _memory.Clean(cookie.Start, bytes);
            return Buffer(device, cookie, size, CpuView.None);
        }

        if ((remap || unencrypted) && (gfp & GfpFlags.Kernel) == 0 && !restricted)
            return AllocAtomic(device, size, gfp);
        if (TakePages(device, size, gfp) is not { } block || (!remap && !TryShare(device, block, bytes)))
            return null;
        ZeroThrough(block.Start, bytes, uncached: remap);
        return Buffer(device, block, size, remap ? CpuView.NonCacheable : CpuView.Cached);
    }

    /// <summary>
    /// Zeroes memory. Where the CPU will see it uncached, the cacheable alias must hold no dirty line before, and the zeroes are written
    /// through the other mapping, so that nothing of them stays in the cache.
    /// </summary>
    private void ZeroThrough(PhysicalAddress start, ulong bytes, bool uncached)
    {
        if (uncached)
            _memory.Clean(start, bytes);
        _memory.Zero(start, bytes);
        if (uncached)
            _memory.Clean(start, bytes);
    }

    /// <summary>Decrypts fresh pages for a device that needs it. If that fails they are lost. Kernel: <c>dma_set_decrypted()</c>.</summary>
    private bool TryShare(Device device, (PhysicalAddress Start, MemorySource Source) block, ulong bytes)
    {
        if (block.Source == MemorySource.RestrictedPool || !_rules.ForcesUnencrypted(device) || Decrypted.TryDecrypt(block.Start, bytes))
            return true;
        Decrypted.Leak(bytes);
        return false;
    }

    private DmaBuffer? AllocAtomic(Device device, ulong size, GfpFlags gfp)
    {
        ulong bytes = Align.Up(size, _pageSize);
        GfpFlags zone = gfp | ZoneHint(device);
        if (KernelMemory.TakeAtomic(bytes, zone, start => CoherentOk(device, start, bytes)) is not { } found)
        {
            if (!KernelMemory.HasAtomicPool(zone))
                Log.Write(KernelLogLevel.Warning, device, $"Failed to get suitable pool for {device}");
            else if ((gfp & GfpFlags.NoWarn) == 0)
                Log.Write(KernelLogLevel.Warning, device, $"DMA pool exhausted for {device}");
            return null;
        }

        ZeroThrough(found, bytes, uncached: !_rules.IsCoherent(device));
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
        bool aligned = (start.Value & (_pageSize - 1)) == 0;
        if (!aligned)
            Log.WriteOnce("restricted alignment", KernelLogLevel.Warning, device, $"Cannot allocate pages from non page-aligned swiotlb addr {start}.");
        if (!aligned || !CoherentOk(device, start, bytes))
        {
            ReleaseSlots(device, allocator, pool, start);
            return null;
        }

        return (start, MemorySource.RestrictedPool);
    }
}
