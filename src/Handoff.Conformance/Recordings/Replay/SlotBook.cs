using Handoff.Conformance.Recordings.Machines;
using Handoff.Swiotlb;

namespace Handoff.Conformance.Recordings.Replay;

/// <summary>Who holds which slots of every pool, and where each area's search stands.</summary>
internal sealed class SlotBook(BootedMachine<CountingMemory> booted)
{
    private readonly Dictionary<SwiotlbPool, SlotOwner?[]> _owners = [];
    private readonly Dictionary<PhysicalAddress, SlotOwner> _transient = [];
    private readonly List<(SwiotlbPool Pool, int[] Indexes)> _saved = [];

    /// <summary>The pool that holds an address, whichever device asks.</summary>
    public SwiotlbPool? PoolAt(PhysicalAddress address)
    {
        foreach (SwiotlbAllocator allocator in booted.Allocators)
        {
            foreach (SwiotlbPool pool in allocator.Pools)
            {
                if (pool.Contains(address))
                    return pool;
            }
        }

        return null;
    }

    /// <summary>Who holds the slot at an address; <see langword="null"/> if it is free or in no pool.</summary>
    public SlotOwner? OwnerAt(PhysicalAddress address) =>
        PoolAt(address) is { } pool ? Owners(pool)[(int)((address - pool.Start) >> SwiotlbConstants.SlotShift)] : _transient.GetValueOrDefault(PageOf(address));

    /// <summary>Everybody who holds one of these slots.</summary>
    public IEnumerable<SlotOwner> OwnersOf(SwiotlbPool pool, int first, int count) =>
        Owners(pool).Skip(first).Take(count).OfType<SlotOwner>().Distinct();

    /// <summary>Describes the slots of a mapping.</summary>
    public SlotOwner? Describe(Device device, DmaAddress dma, PhysicalAddress original, ulong size, DmaDirection direction, ulong alignMask = 0, bool isTransient = false)
    {
        const uint inSlot = SwiotlbConstants.SlotSize - 1;
        PhysicalAddress at = booted.Layer.Rules.ToPhysical(device, dma);
        SwiotlbPool? pool = PoolAt(at);
        if (pool is null && !isTransient)
            return null;
        ulong offset = original.Value & device.MinAlignMask & (alignMask | inSlot);
        ulong bytes = (size + offset + alignMask) & ~alignMask;
        return new SlotOwner
        {
            Device = device,
            Pool = pool,
            FirstSlot = pool is null ? 0 : (int)((at - pool.Start) >> SwiotlbConstants.SlotShift) - (int)(offset >> SwiotlbConstants.SlotShift),
            Slots = (int)((bytes + inSlot) >> SwiotlbConstants.SlotShift),
            Dma = dma,
            Original = original,
            Size = size,
            AlignMask = alignMask,
            Direction = direction,
        };
    }

    public void Add(SlotOwner owner)
    {
        if (owner.Pool is not { } pool)
        {
            _transient[PageOf(booted.Layer.Rules.ToPhysical(owner.Device, owner.Dma))] = owner;
            return;
        }

        SlotOwner?[] owners = Owners(pool);
        for (int i = 0; i < owner.Slots; i++)
            owners[owner.FirstSlot + i] = owner;
    }

    public void Remove(SlotOwner owner)
    {
        if (owner.Pool is not { } pool)
        {
            _transient.Remove(PageOf(booted.Layer.Rules.ToPhysical(owner.Device, owner.Dma)));
            return;
        }

        SlotOwner?[] owners = Owners(pool);
        for (int i = 0; i < owner.Slots; i++)
            owners[owner.FirstSlot + i] = null;
    }

    /// <summary>Remembers where all searches stand.</summary>
    public void SaveSearches()
    {
        int used = 0;
        foreach (SwiotlbAllocator allocator in booted.Allocators)
        {
            foreach (SwiotlbPool pool in allocator.Pools)
            {
                if (used == _saved.Count)
                    _saved.Add((pool, new int[pool.Areas]));
                else if (_saved[used].Pool != pool)
                    _saved[used] = (pool, new int[pool.Areas]);
                int[] indexes = _saved[used++].Indexes;
                for (int area = 0; area < indexes.Length; area++)
                    indexes[area] = pool.SearchIndexOf(area);
            }
        }

        _saved.RemoveRange(used, _saved.Count - used);
    }

    /// <summary>Takes back what a request changed about the searches.</summary>
    public void RestoreSearches()
    {
        foreach ((SwiotlbPool pool, int[] indexes) in _saved)
        {
            for (int area = 0; area < indexes.Length; area++)
                pool.RestoreSearchIndex(area, indexes[area]);
        }
    }

    /// <summary>A pool made for one mapping has a page of its own, at least.</summary>
    private PhysicalAddress PageOf(PhysicalAddress address) => new(address.Value & ~((ulong)booted.Layer.Machine.PageSize - 1));

    /// <summary>Searches that stand elsewhere than when they were saved, with where they stood.</summary>
    public List<(SwiotlbPool Pool, int Area, int Index)> MovedSearches()
    {
        var moved = new List<(SwiotlbPool Pool, int Area, int Index)>(1);
        foreach ((SwiotlbPool pool, int[] indexes) in _saved)
        {
            for (int area = 0; area < indexes.Length; area++)
            {
                if (pool.SearchIndexOf(area) != indexes[area])
                    moved.Add((pool, area, indexes[area]));
            }
        }

        return moved;
    }

    private SlotOwner?[] Owners(SwiotlbPool pool)
    {
        if (!_owners.TryGetValue(pool, out SlotOwner?[]? owners))
            _owners[pool] = owners = new SlotOwner?[pool.Slots];
        return owners;
    }
}
