using System.Runtime.CompilerServices;

namespace Handoff.Swiotlb;

/// <summary>One contiguous block of bounce memory, cut into slots and areas.</summary>
/// <remarks>Kernel: <c>struct io_tlb_pool</c> (6.6; before that part of <c>struct io_tlb_mem</c>).</remarks>
public sealed class SwiotlbPool
{
    private const int MostSlots = 1 << 30;

    private readonly SlotTable _table;

    /// <summary>
    /// The areas, from element 1: an array's length lies beside its first element, and is read at every access, so that the cache
    /// line of element 0 is one that every processor reads and none may write.
    /// </summary>
    private readonly SlotArea[] _areas;

    /// <summary>Areas that are no multiple of a segment share segments, so they share the lock of area 0.</summary>
    private readonly bool _oneLock;

    private bool _recycled;

    /// <summary>Makes an empty pool.</summary>
    /// <param name="start">First byte, page-aligned.</param>
    /// <param name="slots">Slots of 2 KiB, 2^30 at most.</param>
    /// <param name="areas">Number of areas, a power of two in every kernel; a slot each at least.</param>
    /// <param name="transient">Made for a single request.</param>
    /// <exception cref="ArgumentOutOfRangeException">No slots or areas, more of them than fit, or a pool past the end of the address space.</exception>
    public SwiotlbPool(PhysicalAddress start, int slots, int areas, bool transient = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slots);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, MostSlots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(areas);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(areas, slots);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start.Value, ulong.MaxValue - ((ulong)slots << SwiotlbConstants.SlotShift), nameof(start));
        Start = start;
        Slots = slots;
        Areas = areas;
        AreaSlots = slots / areas;
        IsTransient = transient;
        _table = new SlotTable(slots);
        _areas = new SlotArea[areas + 1];
        _oneLock = AreaSlots % SwiotlbConstants.SegmentSlots != 0;
    }

    /// <summary>First byte.</summary>
    public PhysicalAddress Start { get; }

    /// <summary>Number of slots.</summary>
    public int Slots { get; }

    /// <summary>Number of areas.</summary>
    public int Areas { get; }

    /// <summary>Slots of one area; a remainder is never used.</summary>
    public int AreaSlots { get; }

    /// <summary>Whether the pool was made for a single request and goes with it.</summary>
    public bool IsTransient { get; }

    /// <summary>Bytes of the pool.</summary>
    public ulong Size => (ulong)Slots << SwiotlbConstants.SlotShift;

    /// <summary>First byte after the pool.</summary>
    public PhysicalAddress End => Start + Size;

    /// <summary>Slots in use over all areas, padding included. Exact only while nobody maps or unmaps.</summary>
    public int Used
    {
        get
        {
            int used = 0;
            for (int i = 0; i < Areas; i++)
                used += Volatile.Read(ref Area(i).Used);
            return used;
        }
    }

    /// <summary>Longest run of free slots that one allocation could take.</summary>
    public int LongestFreeRun => _table.LongestFreeRun();

    /// <summary>Slots in use in one area.</summary>
    public int UsedIn(int area) => Volatile.Read(ref Area(area).Used);

    /// <summary>Whether the byte lies in the pool.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(PhysicalAddress address) => address - Start < Size;

    /// <summary>Whether a slot is free.</summary>
    public bool IsSlotFree(int slot) => _table.IsFree(slot);

    /// <summary>Makes this pool equal to another of the same shape (to save and restore a state; not thread-safe).</summary>
    public void CopyFrom(SwiotlbPool other)
    {
        if (other.Areas != Areas || other.Slots != Slots)
            throw new ArgumentException("The pools differ in shape.", nameof(other));
        _table.CopyFrom(other._table);
        other._areas.CopyTo(_areas, 0);
    }

    /// <summary>A copy of this pool's state.</summary>
    public SwiotlbPool Clone()
    {
        var clone = new SwiotlbPool(Start, Slots, Areas, IsTransient);
        clone.CopyFrom(this);
        return clone;
    }

    /// <summary>
    /// Lets the next pool have the memory that this one keeps its books in, for programs that boot machine after machine. Nobody may
    /// use this pool any more. Without it the memory is garbage, as usual.
    /// </summary>
    public void Recycle()
    {
        if (!Interlocked.Exchange(ref _recycled, true))
            _table.Recycle();
    }

    /// <summary>Search start of each area, for snapshots that compare states.</summary>
    public int SearchIndexOf(int area) => Area(area).Index;

    /// <summary>Sets the search start of an area back to one that <see cref="SearchIndexOf"/> gave (not thread-safe).</summary>
    public void RestoreSearchIndex(int area, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, AreaSlots);
        Area(area).Index = index;
    }

    internal ref SlotArea Area(int area) => ref _areas[area + 1];

    /// <summary>Tries to take slots from one area.</summary>
    /// <returns>The first slot, or -1.</returns>
    internal int TryTake(int area, in SlotRequest request, ulong table, int padSlots, out bool overBudget)
    {
        ref SlotArea a = ref Area(area);
        ref SlotArea locked = ref Area(_oneLock ? 0 : area);
        overBudget = false;
        locked.Enter();
        if (request.Slots > AreaSlots - a.Used)
        {
            locked.Exit();
            return -1;
        }

        int areaStart = area * AreaSlots;
        int slot = _table.FindLocked(request, table, areaStart, AreaSlots, a.Index);
        if (slot >= 0)
        {
            _table.TakeLocked(request, slot, padSlots);
            int next = slot - areaStart + request.Slots;
            a.Index = next >= AreaSlots ? 0 : next;
            a.Used += request.Slots;
            overBudget = a.Used > a.Budget;
        }

        locked.Exit();
        return slot;
    }

    /// <summary>Takes slots that are known to be in use, wherever the search stands.</summary>
    /// <returns>Whether all of them were free, in one area and one segment.</returns>
    internal bool TryTakeAt(int slot, in SlotRequest request, int padSlots, bool moveSearch, out bool overBudget)
    {
        overBudget = false;
        int last = slot + request.Slots - 1;
        if (slot < 0 || request.Slots is 0 or > SwiotlbConstants.SegmentSlots || last >= Areas * AreaSlots
            || slot / AreaSlots != last / AreaSlots || slot / SwiotlbConstants.SegmentSlots != last / SwiotlbConstants.SegmentSlots)
            return false;
        int area = slot / AreaSlots;
        ref SlotArea a = ref Area(area);
        ref SlotArea locked = ref Area(_oneLock ? 0 : area);
        locked.Enter();
        bool free = true;
        for (int i = slot; i <= last && free; i++)
            free = _table.IsFree(i);
        if (free)
        {
            _table.TakeLocked(request, slot, padSlots);
            a.Used += request.Slots;
            overBudget = a.Used > a.Budget;
            if (moveSearch)
            {
                int next = last + 1 - (area * AreaSlots);
                a.Index = next >= AreaSlots ? 0 : next;
            }
        }

        locked.Exit();
        return free;
    }

    /// <summary>The data behind an address of this pool.</summary>
    /// <param name="address">An address within the pool.</param>
    /// <param name="minAlignMask">The device's alignment mask.</param>
    /// <param name="original">The original byte that corresponds to it; may lie before the mapping for a bad address.</param>
    /// <param name="room">Bytes from there to the end of the allocation.</param>
    /// <param name="delta">Distance of <paramref name="address"/> from the start of its slot's data; negative in the low part of a later slot.</param>
    /// <param name="mapping">The caller's first original byte.</param>
    /// <returns>Whether the address belongs to data of an allocation (not free, not padding).</returns>
    /// <remarks>Kernel: the address arithmetic of <c>swiotlb_bounce()</c>, 6.12.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryResolve(PhysicalAddress address, uint minAlignMask, out ulong original, out ulong room, out int delta, out ulong mapping)
    {
        const uint inSlot = SwiotlbConstants.SlotSize - 1;
        int slot = (int)((address - Start) >> SwiotlbConstants.SlotShift);
        Unsafe.SkipInit(out original);
        Unsafe.SkipInit(out room);
        Unsafe.SkipInit(out delta);
        Unsafe.SkipInit(out mapping);
        if (!_table.TryFind(slot, out int first))
            return false;
        ref readonly SlotRecord record = ref _table.RecordAt(first);
        int data = slot - first - record.PadSlots;
        if (data < 0)
            return false;
        mapping = record.Original;
        ulong slotOriginal = unchecked(record.Original + ((ulong)data << SwiotlbConstants.SlotShift));
        delta = (int)(address.Value & inSlot) - (int)(slotOriginal & minAlignMask & inSlot);
        original = unchecked(slotOriginal + (ulong)(long)delta);
        ulong slotSize = unchecked(record.AllocSize - ((ulong)record.Offset + ((ulong)(slot - first) << SwiotlbConstants.SlotShift)));
        room = unchecked(slotSize - (ulong)(long)delta);
        return true;
    }

    /// <summary>Whether the address is where the data of an allocation begins; then all of it, to be copied out and released.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryLocate(PhysicalAddress address, uint minAlignMask, out ulong original, out ulong room, out int first)
    {
        const uint inSlot = SwiotlbConstants.SlotSize - 1;
        int slot = (int)((address - Start) >> SwiotlbConstants.SlotShift);
        Unsafe.SkipInit(out original);
        Unsafe.SkipInit(out room);
        if (!_table.TryFind(slot, out first))
            return false;
        ref readonly SlotRecord record = ref _table.RecordAt(first);
        original = record.Original;
        room = record.AllocSize - (ulong)record.Offset - ((ulong)record.PadSlots << SwiotlbConstants.SlotShift);
        return slot == first + record.PadSlots && ((uint)address.Value & inSlot) == record.Offset
            && ((uint)original & minAlignMask & inSlot) == record.Offset;
    }

    /// <summary>Gives back the allocation that begins at slot <paramref name="first"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void ReleaseAt(int first)
    {
        int area = Areas == 1 ? 0 : first / AreaSlots;
        ref SlotArea a = ref Area(area);
        ref SlotArea locked = ref Area(_oneLock ? 0 : area);
        int count = _table.RecordAt(first).Slots;
        locked.Enter();
        _table.ReleaseLocked(first, count);
        a.Used -= count;
        locked.Exit();
    }

    /// <summary>Gives back the allocation at <paramref name="address"/>.</summary>
    /// <returns>How many slots that were.</returns>
    /// <remarks>Kernel: <c>swiotlb_release_slots()</c>. The caller's size plays no part; a wrong address frees wrong slots, as there.</remarks>
    internal int Release(PhysicalAddress address, uint minAlignMask)
    {
        const uint inSlot = SwiotlbConstants.SlotSize - 1;
        uint offset = (uint)address.Value & minAlignMask & inSlot;
        int slot = (int)((address - offset - Start) >> SwiotlbConstants.SlotShift);
        if ((uint)slot >= (uint)Slots)
            return 0;
        int area = slot / AreaSlots;
        if (area >= Areas)
            return 0;
        ref SlotArea a = ref Area(area);
        ref SlotArea locked = ref Area(_oneLock ? 0 : area);
        locked.Enter();
        int count = 0;
        if (_table.TryFind(slot, out int first))
        {
            ref readonly SlotRecord record = ref _table.RecordAt(first);
            if (slot == first + record.PadSlots && offset == record.Offset)
                (slot, count) = (first, record.Slots);
            else
                count = SlotsToFree(record, ref slot, first, offset);
            if (count > 0)
                _table.ReleaseLocked(slot, count);
            a.Used -= count;
        }

        locked.Exit();
        return count;
    }

    /// <summary>What the kernel's arithmetic frees for an address that is not the start of a mapping.</summary>
    private static int SlotsToFree(in SlotRecord record, ref int slot, int first, uint offset)
    {
        ulong size = unchecked(record.AllocSize - ((ulong)record.Offset + ((ulong)(slot - first) << SwiotlbConstants.SlotShift)));
        if (slot == first + record.PadSlots)
            (slot, size) = (first, record.AllocSize - (ulong)record.Offset);
        ulong count = unchecked(size + offset + SwiotlbConstants.SlotSize - 1) >> SwiotlbConstants.SlotShift;
        return (int)Math.Min(count, (ulong)(record.Slots - (slot - first)));
    }
}
