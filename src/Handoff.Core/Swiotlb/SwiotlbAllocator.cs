using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Handoff.Swiotlb;

/// <summary>A bounce-buffer allocator: its pools, and who may use them. The machine has one; each restricted pool is another.</summary>
/// <remarks>Kernel: <c>struct io_tlb_mem</c> (<c>include/linux/swiotlb.h</c>, 6.12).</remarks>
public sealed class SwiotlbAllocator
{
    private readonly Lock _pools = new();
    private readonly Lock _highWaterLock = new();
    private ImmutableArray<SwiotlbPool> _list;
    private long _highWater;
    private long _transientSlots;
    private int _growthPending;

    /// <summary>Makes an allocator with its boot pool.</summary>
    /// <param name="name">Name of its debugfs directory: <c>swiotlb</c>, or the reserved region's.</param>
    /// <param name="pool">The boot pool.</param>
    /// <param name="forceBounce">Whether every mapping of its devices bounces.</param>
    /// <param name="forAlloc">Whether coherent memory comes from it too (restricted pools).</param>
    /// <param name="dynamic">Whether look-ups go over a list of pools (dynamic pools built in).</param>
    /// <param name="canGrow">Whether it grows when full; only dynamic ones can.</param>
    /// <exception cref="ArgumentException">It is to grow and is not dynamic.</exception>
    public SwiotlbAllocator(
        string name, SwiotlbPool pool, bool forceBounce = false, bool forAlloc = false, bool dynamic = false, bool canGrow = false)
    {
        ArgumentNullException.ThrowIfNull(pool);
        if (canGrow && !dynamic)
            throw new ArgumentException("Only an allocator with a list of pools (dynamic) can grow.", nameof(canGrow));
        Name = name;
        DefaultPool = pool;
        ForceBounce = forceBounce;
        ForAlloc = forAlloc;
        IsDynamic = dynamic;
        CanGrow = canGrow;
        DefaultAreas = pool.Areas;
        DefaultSlots = pool.Slots;
        _list = [pool];
    }

    /// <summary>
    /// Makes a restricted pool out of a reserved region: its devices bounce every mapping and take coherent memory from it.
    /// Assign it to <see cref="Device.RestrictedPool"/> of each of them.
    /// </summary>
    /// <param name="name">Name of the reserved region.</param>
    /// <param name="region">The region; whole slots are used.</param>
    /// <param name="dynamic">Whether the kernel is built with dynamic pools (the pool itself never grows).</param>
    /// <remarks>Kernel: <c>rmem_swiotlb_device_init()</c>, 6.12: one area.</remarks>
    /// <exception cref="ArgumentException">The region holds no slot or is not page-aligned.</exception>
    public static SwiotlbAllocator Restricted(string name, MemoryRange region, bool dynamic = false)
    {
        ulong slots = region.Size >> SwiotlbConstants.SlotShift;
        if (slots is 0 or > 1 << 30 || (region.Start.Value & 0xfff) != 0)
            throw new ArgumentException($"{region} cannot be a restricted pool.", nameof(region));
        return new SwiotlbAllocator(name, new SwiotlbPool(region.Start, (int)slots, 1), forceBounce: true, forAlloc: true, dynamic: dynamic);
    }

    /// <summary>Name of its debugfs directory.</summary>
    public string Name { get; }

    /// <summary>The pool made at boot.</summary>
    public SwiotlbPool DefaultPool { get; }

    /// <summary>All lasting pools, newest first.</summary>
    public ImmutableArray<SwiotlbPool> Pools => _list;

    /// <summary>Whether every mapping bounces.</summary>
    public bool ForceBounce { get; }

    /// <summary>Whether coherent allocations come from this allocator only.</summary>
    public bool ForAlloc { get; }

    /// <summary>Whether several pools are possible.</summary>
    public bool IsDynamic { get; }

    /// <summary>Whether failing searches make new pools.</summary>
    public bool CanGrow { get; }

    /// <summary>Highest physical address of new pools, inclusive.</summary>
    public ulong PhysicalLimit { get; init; } = ulong.MaxValue;

    /// <summary>Areas a new pool gets at most.</summary>
    public int DefaultAreas { get; init; }

    /// <summary>Slots a new pool gets at most.</summary>
    public int DefaultSlots { get; init; }

    /// <summary>Whether a failing search asked for a new pool that has not been made yet.</summary>
    public bool GrowthPending
    {
        get => Volatile.Read(ref _growthPending) != 0;
        internal set => Volatile.Write(ref _growthPending, value ? 1 : 0);
    }

    /// <summary>Slots over all lasting pools. debugfs: <c>io_tlb_nslabs</c>.</summary>
    public long Slots
    {
        get
        {
            long slots = 0;
            foreach (SwiotlbPool pool in _list)
                slots += pool.Slots;
            return slots;
        }
    }

    /// <summary>Slots in use, transient pools included. debugfs: <c>io_tlb_used</c>. Exact only while nobody maps or unmaps.</summary>
    public long Used
    {
        get
        {
            long used = Volatile.Read(ref _transientSlots);
            foreach (SwiotlbPool pool in _list)
                used += pool.Used;
            return used;
        }
    }

    /// <summary>Most slots ever in use at once. debugfs: <c>io_tlb_used_hiwater</c>.</summary>
    public long HighWater => Volatile.Read(ref _highWater);

    /// <summary>Slots of transient pools. debugfs: <c>io_tlb_transient_nslabs</c>.</summary>
    public long TransientSlots => Volatile.Read(ref _transientSlots);

    /// <summary>Takes back the wish for a new pool: of several threads that ask, one is told.</summary>
    internal bool TakeGrowthRequest() => Interlocked.Exchange(ref _growthPending, 0) != 0;

    /// <summary>Sets the high-water mark back to 0, as writing 0 to the debugfs file does.</summary>
    public void ResetHighWater() => UpdateHighWater(null, 0, reset: true);

    /// <summary>Adds a lasting pool in front of the list.</summary>
    /// <remarks>Kernel: <c>add_mem_pool()</c>, 6.6.</remarks>
    /// <exception cref="InvalidOperationException">The allocator is not dynamic: it would never look into the pool.</exception>
    public void AddPool(SwiotlbPool pool) => InsertPool(0, pool);

    /// <summary>Adds a lasting pool at a place of the list: one that was added before those in front of it, and is learned of only now.</summary>
    /// <param name="index">How many pools are searched before it.</param>
    /// <param name="pool">The pool.</param>
    /// <exception cref="ArgumentOutOfRangeException">The list is shorter.</exception>
    /// <exception cref="InvalidOperationException">The allocator is not dynamic: it would never look into the pool.</exception>
    public void InsertPool(int index, SwiotlbPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        if (!IsDynamic)
            throw new InvalidOperationException($"{Name} has one pool only (it is not dynamic).");
        lock (_pools)
            _list = _list.Insert(index, pool);
    }

    /// <summary>Makes this allocator equal to a saved one (not thread-safe).</summary>
    public void CopyFrom(SwiotlbAllocator other)
    {
        if (other._list.Length == _list.Length)
        {
            for (int i = 0; i < _list.Length; i++)
                _list[i].CopyFrom(other._list[i]);
        }
        else
        {
            DefaultPool.CopyFrom(other.DefaultPool);
            _list = [.. other._list.Select(p => ReferenceEquals(p, other.DefaultPool) ? DefaultPool : p.Clone())];
        }

        _highWater = other._highWater;
        _transientSlots = other._transientSlots;
        GrowthPending = other.GrowthPending;
    }

    /// <summary>A copy of this allocator's state.</summary>
    public SwiotlbAllocator Clone()
    {
        var clone = new SwiotlbAllocator(Name, DefaultPool.Clone(), ForceBounce, ForAlloc, IsDynamic, CanGrow)
        {
            PhysicalLimit = PhysicalLimit,
            DefaultAreas = DefaultAreas,
            DefaultSlots = DefaultSlots,
        };
        clone.CopyFrom(this);
        return clone;
    }

    /// <summary>The pool that holds an address of this device, or <see langword="null"/>.</summary>
    /// <remarks>Kernel: <c>swiotlb_find_pool()</c>.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal SwiotlbPool? FindPool(Device device, PhysicalAddress address)
    {
        if (!IsDynamic)
            return DefaultPool.Contains(address) ? DefaultPool : null;
        return device.UsesSwiotlb ? FindListedPool(device, address) : null;
    }

    /// <summary>Takes slots, area after area from the CPU's own.</summary>
    /// <returns>The first slot of the run, or -1 if no area has room.</returns>
    /// <remarks>Kernel: <c>swiotlb_find_slots()</c> and <c>swiotlb_search_area()</c>, 6.12.</remarks>
    internal int Find(Device device, int cpu, in SlotRequest request, int padSlots, ref SwiotlbPool? pool)
    {
        if (IsDynamic)
            return FindInList(device, cpu, request, padSlots, ref pool);

        SwiotlbPool only = DefaultPool;
        pool = only;
        ulong table = Translation.ToDmaUnencrypted(device, only.Start).Value & request.BoundaryMask;
        int area = cpu & (only.Areas - 1);
        for (int k = 0; k < only.Areas; k++, area = area + 1 == only.Areas ? 0 : area + 1)
        {
            int slot = only.TryTake(area, request, table, padSlots, out bool overBudget);
            if (slot >= 0)
            {
                if (overBudget)
                    UpdateHighWater(only, area);
                return slot;
            }
        }

        return -1;
    }

    /// <summary>Takes slots that are known to be in use.</summary>
    internal bool TryTakeAt(SwiotlbPool pool, int slot, in SlotRequest request, int padSlots, bool moveSearch)
    {
        bool taken = pool.TryTakeAt(slot, request, padSlots, moveSearch, out bool overBudget);
        if (overBudget)
            UpdateHighWater(pool, slot / pool.AreaSlots);
        return taken;
    }

    /// <summary>Takes slots from a pool made for one request.</summary>
    internal int FindTransient(Device device, SwiotlbPool transient, in SlotRequest request, int padSlots)
    {
        ulong table = Translation.ToDmaUnencrypted(device, transient.Start).Value & request.BoundaryMask;
        int slot = transient.TryTake(0, request, table, padSlots, out _);
        if (slot < 0)
            return -1;
        lock (device.TransientPools)
            device.TransientPools.Add(transient);
        Interlocked.Add(ref _transientSlots, transient.Slots);
        UpdateHighWater(null, 0);
        return slot;
    }

    /// <summary>Drops a transient pool with its only allocation.</summary>
    internal void DeleteTransient(Device device, SwiotlbPool transient)
    {
        lock (device.TransientPools)
            device.TransientPools.Remove(transient);
        Interlocked.Add(ref _transientSlots, -transient.Slots);
    }

    private SwiotlbPool? FindListedPool(Device device, PhysicalAddress address)
    {
        foreach (SwiotlbPool pool in _list)
        {
            if (pool.Contains(address))
                return pool;
        }

        lock (device.TransientPools)
        {
            foreach (SwiotlbPool pool in device.TransientPools)
            {
                if (pool.Contains(address))
                    return pool;
            }
        }

        return null;
    }

    private int FindInList(Device device, int cpu, in SlotRequest request, int padSlots, ref SwiotlbPool? found)
    {
        if (request.AllocSize > SwiotlbConstants.SegmentSize)
            return -1;
        ImmutableArray<SwiotlbPool> list = _list;
        for (int k = 0; k < DefaultAreas; k++)
        {
            foreach (SwiotlbPool pool in list)
            {
                if (k >= pool.Areas)
                    continue;
                ulong table = Translation.ToDmaUnencrypted(device, pool.Start).Value & request.BoundaryMask;
                int area = (cpu + k) & (pool.Areas - 1);
                int slot = pool.TryTake(area, request, table, padSlots, out bool overBudget);
                if (slot < 0)
                    continue;
                if (overBudget)
                    UpdateHighWater(pool, area);
                found = pool;
                return slot;
            }
        }

        return -1;
    }

    /// <summary>
    /// Brings the high-water mark up to date and gives the area that came here what it needs. An area comes only when it exceeds
    /// its budget, and budgets add up to no more than the mark, so that the mark is exact while the common case touches nothing
    /// shared. The other areas keep half of what they do not use: areas that take turns at their own peaks soon stay apart.
    /// </summary>
    private void UpdateHighWater(SwiotlbPool? caller, int callerArea, bool reset = false)
    {
        lock (_highWaterLock)
        {
            ImmutableArray<SwiotlbPool> list = _list;
            long used = Volatile.Read(ref _transientSlots);
            foreach (SwiotlbPool pool in list)
            {
                for (int i = 0; i < pool.Areas; i++)
                    pool.Area(i).Enter();
                used += pool.Used;
            }

            _highWater = reset ? 0 : Math.Max(_highWater, used);
            long spare = Math.Max(_highWater - used, 0);
            foreach (SwiotlbPool pool in list)
            {
                for (int i = 0; i < pool.Areas; i++)
                {
                    ref SlotArea area = ref pool.Area(i);
                    int kept = (int)Math.Min(Math.Max(area.Budget - area.Used, 0) / 2, spare);
                    area.Budget = reset ? 0 : area.Used + kept;
                    spare -= kept;
                }
            }

            if (caller is not null)
                caller.Area(callerArea).Budget += (int)spare;
            foreach (SwiotlbPool pool in list)
            {
                for (int i = 0; i < pool.Areas; i++)
                    pool.Area(i).Exit();
            }
        }
    }
}
