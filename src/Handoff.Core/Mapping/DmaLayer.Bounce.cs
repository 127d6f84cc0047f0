using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Handoff.Kernels;
using Handoff.Logging;
using Handoff.Swiotlb;

namespace Handoff;

/// <content>Bounce buffers: taking slots, copying, giving them back.</content>
public sealed partial class DmaLayer<TMemory>
{
    /// <summary>
    /// Finds memory for a pool made at run time (dynamic pools): given slots, highest address (inclusive) and whether the pool is
    /// transient, returns its page-aligned start, or <see langword="null"/> if there is none. By default the page allocator.
    /// </summary>
    /// <remarks>Where such pools lie is the page allocator's business; a replay sets what was recorded.</remarks>
    public Func<int, ulong, bool, PhysicalAddress?>? PlacePool { get; set; }

    /// <summary>Takes bounce slots for a buffer and copies it in.</summary>
    /// <param name="device">The device.</param>
    /// <param name="original">First byte of the buffer.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="alignMask">Alignment the block itself needs, minus one: a mask of low bits; 0 for none.</param>
    /// <param name="direction">Direction of the mapping.</param>
    /// <param name="attributes">NO_WARN keeps a failure out of the log.</param>
    /// <returns>Physical address in the pool, or <see cref="PhysicalAddress.Invalid"/>.</returns>
    /// <remarks>Kernel: <c>swiotlb_tbl_map_single()</c> (<c>kernel/dma/swiotlb.c</c>, 6.12). Drivers use the map calls instead.</remarks>
    /// <exception cref="ArgumentException">The alignment is no mask of low bits.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is 0 with no offset to keep, or wraps around with the offset.</exception>
    public PhysicalAddress SwiotlbMap(
        Device device, PhysicalAddress original, ulong size, ulong alignMask, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None)
    {
        if (alignMask == ulong.MaxValue || !Align.IsLowMask(alignMask))
            throw new ArgumentException($"0x{alignMask:x} is no mask of low bits.", nameof(alignMask));
        SwiotlbAllocator? allocator = AllocatorOf(device);
        if (allocator is null)
        {
            if (Log.Allows("too early"))
                Log.Write(KernelLogLevel.Notice, device, "Can not allocate SWIOTLB buffer earlier and can't now provide you with the DMA bounce buffer");
            return PhysicalAddress.Invalid;
        }

        if (alignMask >= _pageSize)
            Log.WriteOnce("large alignment", KernelLogLevel.Warning, device, "a bounce buffer is asked for with an alignment beyond a page, which may fail");
        return TakeSlots(device, allocator, original, size, alignMask, direction, attributes);
    }

    /// <summary>Ends what <see cref="SwiotlbMap"/> began.</summary>
    /// <remarks>Kernel: <c>swiotlb_tbl_unmap_single()</c>.</remarks>
    public void SwiotlbUnmap(Device device, PhysicalAddress slot, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None)
    {
        SwiotlbAllocator? allocator = AllocatorOf(device);
        if (allocator?.FindPool(device, slot) is not { } pool)
            return;
        EndBounce(device, allocator, pool, slot, size, (attributes & DmaAttributes.SkipCpuSync) == 0 && direction != DmaDirection.ToDevice);
    }

    /// <summary>Takes the slots of a bounced mapping that exists already, such as one made before a recording began. Nothing is copied.</summary>
    /// <param name="device">The device.</param>
    /// <param name="address">The mapping's DMA address; must lie in one of the device's pools.</param>
    /// <param name="original">First byte of its buffer.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="alignMask">Alignment the block itself needed, minus one; 0 for none.</param>
    /// <param name="moveSearch">Whether the area's next search starts behind these slots, as after a map.</param>
    /// <returns>Whether the slots were free and could have been one mapping's. It ends with an unmap, like any other.</returns>
    public bool AdoptBounce(Device device, DmaAddress address, PhysicalAddress original, ulong size, ulong alignMask = 0, bool moveSearch = false)
    {
        PhysicalAddress at = _rules.ToPhysical(device, address);
        if (AllocatorOf(device) is not { } allocator || allocator.Pools.FirstOrDefault(p => p.Contains(at)) is not { } pool)
            return false;
        uint minAlign = MinAlignOf(device);
        const uint inSlot = SwiotlbConstants.SlotSize - 1;
        ulong offset = original.Value & minAlign & (alignMask | inSlot);
        int pad = (int)(offset >> SwiotlbConstants.SlotShift);
        var request = new SlotRequest(original.Value, Align.Up(unchecked(size + offset), alignMask + 1), alignMask, minAlign, device.SegmentBoundaryMask, _pageSize, _kernel.PageAlignBigBounce);
        int slot = (int)((at - pool.Start) >> SwiotlbConstants.SlotShift) - pad;
        if (((at - pool.Start) & inSlot) != (offset & inSlot) || !allocator.TryTakeAt(pool, slot, request, pad, moveSearch))
            return false;
        device.SkipSync = false;
        device.UsesSwiotlb |= allocator.IsDynamic;
        return true;
    }

    /// <summary>Makes the bounce pools that failing searches asked for, and refills atomic pools (the kernel's background work).</summary>
    /// <returns>Number of bounce pools made.</returns>
    /// <remarks>Kernel: <c>swiotlb_dyn_alloc()</c>. Call it when deferred work would run; nothing calls it by itself.</remarks>
    public int RunDeferredWork()
    {
        _kernelMemory?.ExpandAtomicPools();
        if (Swiotlb is not { } allocator || !allocator.TakeGrowthRequest())
            return 0;
        int slabsPerPage = (int)(_pageSize / SwiotlbConstants.SlotSize);
        int most = slabsPerPage << 10;
        int slots = Math.Min(Math.Max(allocator.DefaultSlots, (int)SwiotlbConstants.MinSlots), most);
        for (; slots >= SwiotlbConstants.MinSlots; slots = (int)Align.Up((ulong)slots / 2, SwiotlbConstants.SegmentSlots))
        {
            if (FindPoolMemory(slots, allocator.PhysicalLimit, null) is { } start)
            {
                allocator.AddPool(new SwiotlbPool(start, slots, SwiotlbParameter.LimitAreas(allocator.DefaultAreas, slots)));
                return 1;
            }

            if (slots == SwiotlbConstants.MinSlots)
                break;
        }

        if (Log.Allows("new pool"))
            Log.Write(KernelLogLevel.Notice, null, "software IO TLB: Failed to allocate new pool");
        return 0;
    }

    /// <summary>Maps through a slot. Kernel: <c>swiotlb_map()</c>.</summary>
    private DmaAddress Bounce(
        Device device, SwiotlbAllocator allocator, PhysicalAddress original, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
        if ((attributes & _refusesBounce) != 0)
            return DmaAddress.MappingError;
        PhysicalAddress slot = TakeSlots(device, allocator, original, size, 0, direction, attributes);
        if (!slot.IsValid)
            return DmaAddress.MappingError;
        DmaAddress dma = Translation.ToDmaUnencrypted(device, slot);
        if (!Direct.DirectRules.IsCapable(device, dma, size))
            return RefuseSlot(device, allocator, slot, dma, size);
        if ((attributes & DmaAttributes.SkipCpuSync) == 0 && !_rules.IsCoherent(device))
            _memory.Clean(slot, size);
        return dma;
    }

    private DmaAddress RefuseSlot(Device device, SwiotlbAllocator allocator, PhysicalAddress slot, DmaAddress dma, ulong size)
    {
        ReleaseSlots(device, allocator, allocator.FindPool(device, slot)!, slot);
        WarnUnreachable("swiotlb addr", dma, size, device);
        return DmaAddress.MappingError;
    }

    private PhysicalAddress TakeSlots(
        Device device, SwiotlbAllocator allocator, PhysicalAddress original, ulong size, ulong alignMask, DmaDirection direction, DmaAttributes attributes)
    {
        uint minAlign = MinAlignOf(device);
        if (_kernel.AllocAlignMask == AllocAlignMask.None)
            alignMask = 0;
        ulong offset = original.Value & minAlign & ((_kernel.AllocAlignMask == AllocAlignMask.PaddingSlots ? alignMask : 0) | (SwiotlbConstants.SlotSize - 1));
        ulong allocSize = Align.Up(unchecked(size + offset), alignMask + 1);
        if (allocSize < size || allocSize == 0)
            ThrowBadSize(size);
        if (typeof(TMemory) == typeof(RealMemory))
            Unsafe.As<TMemory, RealMemory>(ref _memory).Expect(original, size); // before slots are taken that would be lost
        if (_mentionsEncryption)
            MentionEncryption(device);
        int pad = (int)(offset >> SwiotlbConstants.SlotShift);

        var request = new SlotRequest(original.Value, allocSize, alignMask, minAlign, device.SegmentBoundaryMask, _pageSize, _kernel.PageAlignBigBounce);
        SwiotlbPool? pool = null;
        int slot = allocator.Find(device, CurrentCpu.Id, request, pad, ref pool);
        if (slot < 0)
        {
            slot = allocator.CanGrow ? TakeTransient(device, allocator, request, pad, ref pool) : -1;
            if (slot < 0)
                return ReportFull(device, allocator, allocSize, attributes);
        }

        if (device.SkipSync)
            device.SkipSync = false;
        if (allocator.IsDynamic)
            device.UsesSwiotlb = true;
        PhysicalAddress address = pool!.Start + ((ulong)(slot + pad) << SwiotlbConstants.SlotShift) + (offset & (SwiotlbConstants.SlotSize - 1));
        if (typeof(TMemory) == typeof(RealMemory))
            Unsafe.As<TMemory, RealMemory>(ref _memory).Prefetch(address + ((ulong)request.Slots << (SwiotlbConstants.SlotShift + 2)), size);
        if (_kernel.SlotCopyInAtMap == SlotCopyIn.Always || CopiesIn(direction, attributes))
            _memory.Copy(original, address, size);
        return address;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MentionEncryption(Device device)
    {
        _mentionsEncryption = false;
        Log.WriteOnce("encrypted bounce", KernelLogLevel.Notice, device, "Memory encryption is active and system is using DMA bounce buffers");
    }

    [DoesNotReturn]
    private static void ThrowBadSize(ulong size) =>
        throw new ArgumentOutOfRangeException(nameof(size), size, "Such a size cannot bounce: the kernel stops with BUG for 0, and overwrites memory where size and offset wrap around.");

    /// <summary>Low address bits that this kernel lets slots repeat.</summary>
    private uint MinAlignOf(Device device) => _kernel.MinAlignMask ? device.MinAlignMask : 0;

    private bool CopiesIn(DmaDirection direction, DmaAttributes attributes) => _kernel.SlotCopyInAtMap switch
    {
        SlotCopyIn.IfCpuOwnedAndNotSkip => (attributes & DmaAttributes.SkipCpuSync) == 0 && direction != DmaDirection.FromDevice,
        SlotCopyIn.UnlessOverwrite => (attributes & DmaAttributes.SkipCpuSync) == 0
            && (direction != DmaDirection.FromDevice || (attributes & DmaAttributes.Overwrite) == 0),
        _ => true,
    };

    private int TakeTransient(Device device, SwiotlbAllocator allocator, in SlotRequest request, int pad, ref SwiotlbPool? pool)
    {
        if (request.AllocSize > SwiotlbConstants.SegmentSize)
            return -1;
        allocator.GrowthPending = true;
        if (FindPoolMemory(request.Slots, device.StreamingLimit, device) is not { } start)
            return -1;
        pool = new SwiotlbPool(start, request.Slots, 1, transient: true);
        int slot = allocator.FindTransient(device, pool, request, pad);
        if (slot < 0)
            FreePoolMemory(pool);
        return slot;
    }

    private PhysicalAddress ReportFull(Device device, SwiotlbAllocator allocator, ulong allocSize, DmaAttributes attributes)
    {
        if ((attributes & DmaAttributes.NoWarn) == 0 && Log.Allows("full"))
        {
            Log.Write(
                KernelLogLevel.Notice,
                device,
                $"swiotlb buffer is full (sz: {unchecked((long)allocSize)} bytes), total {allocator.Slots} (slots), used {allocator.Used} (slots)");
        }

        return PhysicalAddress.Invalid;
    }

    /// <summary>Copies out if asked, and releases: one look-up for both when the address is a mapping's own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EndBounce(Device device, SwiotlbAllocator allocator, SwiotlbPool pool, PhysicalAddress slot, ulong size, bool copyOut)
    {
        uint minAlign = MinAlignOf(device);
        if (!pool.IsTransient && pool.TryLocate(slot, minAlign, out ulong original, out ulong room, out int first) && size <= room)
        {
            if (copyOut)
                _memory.Copy(slot, new(original), size);
            pool.ReleaseAt(first);
            return;
        }

        if (copyOut)
            CopyBounced(device, pool, slot, size, toDevice: false);
        ReleaseSlots(device, allocator, pool, slot);
    }

    private void ReleaseSlots(Device device, SwiotlbAllocator allocator, SwiotlbPool pool, PhysicalAddress slot)
    {
        if (!pool.IsTransient)
        {
            pool.Release(slot, MinAlignOf(device));
            return;
        }

        allocator.DeleteTransient(device, pool);
        FreePoolMemory(pool);
    }

    /// <summary>Copies between a slot and the original bytes that belong to it. Kernel: <c>swiotlb_bounce()</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CopyBounced(Device device, SwiotlbPool pool, PhysicalAddress slot, ulong size, bool toDevice)
    {
        uint minAlign = MinAlignOf(device);
        if (!pool.TryResolve(slot, minAlign, out ulong original, out ulong room, out int delta, out ulong mapping))
            return;
        if (_kernel.PartialSync != PartialSync.NegativeOffset)
        {
            if (_kernel.PartialSync == PartialSync.BaseOnly)
                original = mapping;
            else if (delta < 0)
            {
                WarnBeforeStart(device, delta);
                return;
            }
        }

        if (size > room)
        {
            WarnOverflow(device, room, size);
            size = room;
        }

        if (toDevice)
            _memory.Copy(new(original), slot, size);
        else
            _memory.Copy(slot, new(original), size);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WarnBeforeStart(Device device, int delta)
    {
        if (Log.IsFirst("before start"))
            Log.Write(KernelLogLevel.Warning, device, $"Access before mapping start detected. orig offset {-delta}, requested offset 0.");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WarnOverflow(Device device, ulong room, ulong size)
    {
        if (Log.IsFirst("bounce overflow"))
            Log.Write(KernelLogLevel.Warning, device, $"Buffer overflow detected. Allocation size: {room}. Mapping size: {size}.");
    }
}
