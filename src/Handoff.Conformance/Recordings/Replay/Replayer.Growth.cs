using System.Collections.Immutable;
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
    private const int EnoughProofs = 16;
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
        _layer.Swiotlb!.InsertPool(PlaceInList(bounce, pool), pool);
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
        int agreed = Agreement(with, bounce, out int proofs);
        return proofs >= EnoughProofs || agreed >= Agreement(without, null, out _);
    }

    /// <summary>
    /// How many pools are searched before a new one. The kernel adds pools in front, but one may lie unused for so long that others, added later and
    /// learned of earlier, stand before it. What comes after tells.
    /// </summary>
    private int PlaceInList(Bounce bounce, SwiotlbPool pool)
    {
        ImmutableArray<SwiotlbPool> pools = _layer.Swiotlb!.Pools;
        bool wasFull = _likely == pool.Start; // then it is new; where slots were free it may have been there behind others
        int best = 0, most = -1, least = 0;
        for (int index = 0; index < pools.Length && !(wasFull && most == int.MaxValue); index++)
        {
            SwiotlbAllocator with = _layer.Swiotlb.Clone();
            with.InsertPool(index, new SwiotlbPool(pool.Start, pool.Slots, pool.Areas));
            int agreed = Agreement(with, bounce, out _);

            // Memory is handed out upwards for the most part, so pools in front lie higher.
            int upsideDown = pools[..index].Count(p => p.Start < pool.Start) + pools[index..^1].Count(p => p.Start > pool.Start);
            if (agreed > most || (agreed == most && !wasFull && upsideDown < least))
                (best, most, least) = (index, agreed, upsideDown);
        }

        return best;
    }

    /// <summary>How many of the next maps agree with these pools; <see cref="int.MaxValue"/> if all do.</summary>
    /// <param name="pools">The pools.</param>
    /// <param name="first">What a new pool was added for.</param>
    /// <param name="proofs">
    /// How many of them go on behind slots of the new pool that were free again, as searches do: the page allocator would hand out the page that it
    /// got back last.
    /// </param>
    private int Agreement(SwiotlbAllocator pools, Bounce? first, out int proofs)
    {
        SwiotlbPool? newPool = first is null ? null : pools.Pools.First(p => p.Contains(_layer.Rules.ToPhysical(DeviceOf(first.Decision).Device, first.Recorded)));
        bool hasReturned = false;
        proofs = 0;
        var layer = new DmaLayer<CountingMemory>(_recorded.Machine, _recorded.Kernel, default, pools) { PlacePool = static (_, _, _) => null };
        var mapped = new Dictionary<(Device, PhysicalAddress), Bounce>(); // the latest of each buffer: unmaps of lists name buffers only
        int agreed = 0, seen = 0;
        if (first is not null && !Agrees(layer, pools, first))
            layer.AdoptBounce(DeviceOf(first.Decision).Device, first.Recorded, first.Original, first.Size, moveSearch: true);
        if (first is not null)
            mapped[(DeviceOf(first.Decision).Device, first.Original)] = first;
        foreach (TraceEvent e in _queue.Ahead)
        {
            if (++seen > Horizon)
                break;
            if (e.Kind is not (DmaEventKind.UnmapPage or DmaEventKind.UnmapSg or DmaEventKind.SwiotlbBounced))
                continue;
            Device device = DeviceOf(e).Device;
            if (e.Kind == DmaEventKind.UnmapPage)
            {
                Return(e.Dma, e.Size);
            }
            else if (e.Kind == DmaEventKind.UnmapSg)
            {
                foreach (PhysicalAddress buffer in e.PhysicalAddresses)
                {
                    if (mapped.Remove((device, buffer), out Bounce? entry))
                        Return(entry.Recorded, entry.Size);
                }
            }
            else if (e is { Bounce: { IsRecorded: true, Recorded.IsMapped: true } bounce } && _layer.AllocatorOf(device) == _layer.Swiotlb)
            {
                if (!Agrees(layer, pools, bounce))
                    return agreed;
                mapped[(device, bounce.Original)] = bounce;
                agreed++;
                if (hasReturned && newPool!.Contains(_layer.Rules.ToPhysical(device, bounce.Recorded)))
                    proofs++;
            }

            void Return(DmaAddress at, ulong size)
            {
                PhysicalAddress slot = _layer.Rules.ToPhysical(device, at);
                hasReturned |= newPool is not null && newPool.Contains(slot);
                if (pools.Pools.Any(p => p.Contains(slot)))
                    layer.SwiotlbUnmap(device, slot, size, DmaDirection.ToDevice);
            }
        }

        return int.MaxValue;
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
        if (!slot.IsValid) // memory of one request's own begins with a page
            return !isKnown && (recorded.Value & ~((ulong)SwiotlbConstants.SlotSize - 1) & (_recorded.Machine.PageSize - 1)) == 0;
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
