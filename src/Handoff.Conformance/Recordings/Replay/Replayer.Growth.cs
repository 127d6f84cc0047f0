using Handoff.Swiotlb;
using Handoff.Tracing.Recordings;

namespace Handoff.Conformance.Recordings.Replay;

/// <content>
/// Pools that the kernel makes at run time. Where their memory lies is the page allocator's business, and no event tells it: it is learned
/// from the first address in it. A pool made for one request is there when all others are full; a lasting one comes some time after that.
/// </content>
internal sealed partial class Replayer
{
    private const int Horizon = 8000;
    private const ulong FirstFakePlace = 0x1000;

    /// <summary>The buffer that the engine is asked to map, and whether it asked for memory of its own for it.</summary>
    private Bounce? _placing;
    private bool _placed;
    /// <summary>Where a pool was thought likelier than memory of one request's own.</summary>
    private PhysicalAddress? _likely;

    /// <summary>Pools that were thought so.</summary>
    private readonly HashSet<SwiotlbPool> _doubtful = [];

    /// <summary>Those that turned out to be none.</summary>
    private readonly HashSet<SwiotlbPool> _noPools = [];

    private bool _hasOldPools;
    private ulong _fakePlace = FirstFakePlace;

    /// <summary>Searches that found all pools full; each may have led to one pool.</summary>
    private long _growthRequests;

    private PhysicalAddress? PlacePool(int slots, ulong limit, bool transient)
    {
        if (!transient || _placing is not { } bounce)
            return null;
        Device device = DeviceOf(bounce.Decision).Device;
        PhysicalAddress start;
        if (_growthRequests > 0 && NewPoolFor(bounce) is { } pool && IsPoolLikelier(bounce, pool))
        {
            _likely = pool.Start;
            return null;
        }

        _growthRequests++;
        if (bounce.IsRecorded && !DeviceOf(bounce.Decision).IsTranslated)
        {
            if (!bounce.Recorded.IsMapped)
                return null;
            PhysicalAddress at = _layer.Rules.ToPhysical(device, bounce.Recorded);
            start = new(at.Value & ~((ulong)SwiotlbConstants.SlotSize - 1));
            if ((start.Value & (_recorded.Machine.PageSize - 1)) != 0 || !_recorded.Machine.Ram.Contains(at) || _book.PoolAt(at) is not null)
                return null;
        }
        else
        {
            // Not recorded, so it does not matter where: anywhere that is not RAM.
            start = new(_fakePlace);
            _fakePlace += (ulong)slots * SwiotlbConstants.SlotSize;
            _fakePlace = (_fakePlace + _recorded.Machine.PageSize - 1) & ~((ulong)_recorded.Machine.PageSize - 1);
        }

        _placed = true;
        return start;
    }

    /// <summary>The recorded address is in no pool, and the engine has slots in one: a pool was added since. Learns where it is.</summary>
    private bool TryGrow(Bounce bounce)
    {
        if (NewPoolFor(bounce) is not { } pool || !TryUseRequest())
            return false;
        _layer.Swiotlb!.AddPool(pool);
        if (_likely == pool.Start)
            _doubtful.Add(pool);
        _verdict.AddNote("a pool was added at run time; its place is learned from the first address in it");
        return TryTake(bounce) || TryTakeInPassing(bounce, pool);
    }

    /// <summary>
    /// The engine gives slots of a pool that was only the likelier explanation of an address. Without that pool it gives what was recorded: then
    /// there is no such pool, and what was there were pools for single requests.
    /// </summary>
    private bool TryDoubtPool(Bounce bounce)
    {
        if (_doubtful.Count == 0 || TryTake(bounce, out SlotOwner? instead) || instead is not { Pool: { } pool } || !_doubtful.Remove(pool))
            return bounce.IsDone;
        _noPools.Add(pool);
        List<PhysicalAddress> filled = FillUp(pool);
        if (TryTake(bounce) || TryReorder(bounce) || TryGrow(bounce) || TryDoubtPool(bounce))
        {
            _verdict.AddNote("what looked like a pool added at run time were pools for single requests");
            return true;
        }

        _noPools.Remove(pool);
        _doubtful.Add(pool);
        foreach (PhysicalAddress at in filled)
            _layer.SwiotlbUnmap(DeviceOf(0).Device, at, SwiotlbConstants.SlotSize, DmaDirection.ToDevice);
        return false;
    }

    /// <summary>Keeps the engine from using a pool that is none.</summary>
    private List<PhysicalAddress> FillUp(SwiotlbPool pool)
    {
        var filled = new List<PhysicalAddress>();
        Device anyone = DeviceOf(0).Device;
        for (int slot = 0; slot < pool.AreaSlots * pool.Areas; slot++)
        {
            PhysicalAddress at = pool.Start + ((ulong)slot << SwiotlbConstants.SlotShift);
            if (pool.IsSlotFree(slot) && _layer.AdoptBounce(anyone, new(at.Value), new(0), SwiotlbConstants.SlotSize))
                filled.Add(at);
        }

        return filled;
    }

    /// <summary>The pool was added after the search had passed the CPU's own area.</summary>
    private bool TryTakeInPassing(Bounce bounce, SwiotlbPool pool)
    {
        Device device = DeviceOf(bounce.Decision).Device;
        if (_book.Describe(device, bounce.Recorded, bounce.Original, bounce.Size, bounce.Direction) is not { IsInPool: true } owner
            || owner.FirstSlot != owner.Area * pool.AreaSlots || owner.Area == (bounce.Decision.Cpu & (pool.Areas - 1))
            || !Hold(owner, moveSearch: true))
            return false;
        bounce.Owner = owner;
        _taken.Clear();
        bounce.IsDone = true;
        bounce.Result = bounce.Recorded;
        bounce.Reason = Reasons.PoolGrew;
        return true;
    }

    /// <summary>The pool whose first slots these could be: memory of pools is aligned to their size, and a search begins with the first slot of an area.</summary>
    private SwiotlbPool? NewPoolFor(Bounce bounce) => PoolAround(bounce, isNew: true);

    /// <summary>In an incomplete trace, pools may have been added before. Where such a pool stands in the list is not known.</summary>
    private bool AddOldPool(Bounce bounce)
    {
        if (PoolAround(bounce, isNew: false) is not { } pool)
            return false;
        _layer.Swiotlb!.AddPool(pool);
        _hasOldPools = true;
        _verdict.AddNote("a pool had been added before the trace began or while events were lost");
        return true;
    }

    private SwiotlbPool? PoolAround(Bounce bounce, bool isNew)
    {
        ReplayedDevice device = DeviceOf(bounce.Decision);
        if (_layer.Swiotlb is not { CanGrow: true } allocator || _layer.AllocatorOf(device.Device) != allocator || device.IsTranslated
            || !bounce.IsRecorded || !bounce.Recorded.IsMapped)
            return null;
        PhysicalAddress at = _layer.Rules.ToPhysical(device.Device, bounce.Recorded);
        if (!_recorded.Machine.Ram.Contains(at) || _book.PoolAt(at) is not null)
            return null;
        int largest = (int)(_recorded.Machine.PageSize / SwiotlbConstants.SlotSize) << Pages.PageAllocator.MaxOrder;
        int slots = Math.Min(Math.Max(allocator.DefaultSlots, (int)SwiotlbConstants.MinSlots), largest);
        for (; slots >= SwiotlbConstants.MinSlots; slots = (slots / 2 + SwiotlbConstants.SegmentSlots - 1) & ~(SwiotlbConstants.SegmentSlots - 1))
        {
            ulong bytes = (ulong)slots << SwiotlbConstants.SlotShift;
            ulong alignment = System.Numerics.BitOperations.RoundUpToPowerOf2(bytes);
            var pool = new SwiotlbPool(new(at.Value & ~(alignment - 1)), slots, SwiotlbParameter.LimitAreas(allocator.DefaultAreas, slots));
            ulong offset = (at - pool.Start) & ~((ulong)SwiotlbConstants.SlotSize - 1);
            ulong area = (ulong)pool.AreaSlots << SwiotlbConstants.SlotShift;
            ulong slack = device.Device.MinAlignMask; // the first slot may not have the low bits that are wanted
            if (pool.Contains(at) && (!isNew || offset % area <= slack) && pool.End.Value - 1 <= allocator.PhysicalLimit && !Overlaps(allocator, pool))
                return pool;
            if (slots == SwiotlbConstants.MinSlots)
                break;
        }

        return null;
    }

    /// <summary>
    /// An address at the start of an aligned block may begin a lasting pool or be one request's own. What comes after tells: lets both
    /// go on and sees which agrees longer with what was recorded.
    /// </summary>
    private bool IsPoolLikelier(Bounce bounce, SwiotlbPool pool)
    {
        SwiotlbAllocator without = _layer.Swiotlb!.Clone(), with = without.Clone();
        with.AddPool(new SwiotlbPool(pool.Start, pool.Slots, pool.Areas));
        return Agreement(with, bounce) >= Agreement(without, null);
    }

    /// <summary>How many of the next maps agree with these pools.</summary>
    private int Agreement(SwiotlbAllocator pools, Bounce? first)
    {
        var layer = new DmaLayer<CountingMemory>(_recorded.Machine, _recorded.Kernel, default, pools) { PlacePool = static (_, _, _) => null };
        int agreed = 0, seen = 0;
        if (first is not null && !Agrees(layer, pools, first))
            layer.AdoptBounce(DeviceOf(first.Decision).Device, first.Recorded, first.Original, first.Size, moveSearch: true);
        foreach (TraceEvent e in _queue.Ahead)
        {
            if (++seen > Horizon)
                break;
            if (e.Kind is not (DmaEventKind.UnmapPage or DmaEventKind.SwiotlbBounced))
                continue;
            Device device = DeviceOf(e).Device;
            if (e.Kind == DmaEventKind.UnmapPage && pools.Pools.Any(p => p.Contains(_layer.Rules.ToPhysical(device, e.Dma))))
            {
                layer.SwiotlbUnmap(device, _layer.Rules.ToPhysical(device, e.Dma), e.Size, DmaDirection.ToDevice);
            }
            else if (e is { Kind: DmaEventKind.SwiotlbBounced, Bounce: { IsRecorded: true, Recorded.IsMapped: true } bounce } && _layer.AllocatorOf(device) == _layer.Swiotlb)
            {
                if (!Agrees(layer, pools, bounce))
                    break;
                agreed++;
            }
        }

        return agreed;
    }

    private bool Agrees(DmaLayer<CountingMemory> layer, SwiotlbAllocator pools, Bounce bounce)
    {
        Device device = DeviceOf(bounce.Decision).Device;
        PhysicalAddress recorded = _layer.Rules.ToPhysical(device, bounce.Recorded);
        CurrentCpu.Id = bounce.Decision.Cpu;
        var searches = pools.Pools.Select(static p => (Pool: p, Indexes: Enumerable.Range(0, p.Areas).Select(p.SearchIndexOf).ToArray())).ToArray();
        PhysicalAddress slot = layer.SwiotlbMap(device, bounce.Original, bounce.Size, 0, bounce.Direction, DmaAttributes.NoWarn);
        if (slot == recorded)
            return true;
        bool isKnown = pools.Pools.Any(p => p.Contains(recorded));
        if (!slot.IsValid)
            return !isKnown;
        TakeBack(slot);

        // Slots were free, and yet the address is in no pool: only one more pool explains that.
        if (isKnown || NewPoolFor(bounce) is not { } added || Overlaps(pools, added))
            return false;
        pools.AddPool(added);
        slot = layer.SwiotlbMap(device, bounce.Original, bounce.Size, 0, bounce.Direction, DmaAttributes.NoWarn);
        if (slot == recorded)
            return true;
        TakeBack(slot);
        if (slot.IsValid && added.Contains(slot))
            added.RestoreSearchIndex((int)((slot - added.Start) >> SwiotlbConstants.SlotShift) / added.AreaSlots, 0);
        return layer.AdoptBounce(device, bounce.Recorded, bounce.Original, bounce.Size, moveSearch: true);

        void TakeBack(PhysicalAddress taken)
        {
            layer.SwiotlbUnmap(device, taken, bounce.Size, DmaDirection.ToDevice);
            foreach ((SwiotlbPool pool, int[] indexes) in searches)
            {
                for (int area = 0; area < indexes.Length; area++)
                    pool.RestoreSearchIndex(area, indexes[area]);
            }
        }
    }

    /// <summary>Every lasting pool was asked for by a search that found all others full; unless entries that are not recorded asked for it.</summary>
    private bool TryUseRequest()
    {
        if (_growthRequests == 0)
            return _lastHidden >= 0;
        _growthRequests--;
        return true;
    }

    private static bool Overlaps(SwiotlbAllocator allocator, SwiotlbPool pool) =>
        allocator.Pools.Any(p => p.Start < pool.End && pool.Start < p.End);
}
