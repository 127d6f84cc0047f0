using System.Buffers;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Handoff.Swiotlb;

/// <summary>
/// Which slots of a pool are free, and which belong together: two bits a slot, kept per segment of 128 slots, and a record
/// per allocation. Gives exactly the kernel's answers, much faster.
/// </summary>
/// <remarks>
/// <code>
/// segment k:   _free [2k], _free [2k+1]    bit s = 1: slot 128k+s is free
///              _start[2k], _start[2k+1]    bit s = 1: an allocation begins at slot 128k+s
/// </code>
/// The kernel keeps for every slot how many free slots follow it in its segment (<c>list</c>); a run of free bits within
/// one segment says the same. No allocation crosses a segment. Methods ending in <c>Locked</c> are called with the lock of
/// the area held; areas that share a segment share one lock (<see cref="SwiotlbPool"/>).
/// </remarks>
internal sealed class SlotTable
{
    private readonly ulong[] _free;
    private readonly ulong[] _start;
    private readonly SlotRecord[] _records; // at least one a slot; only those of first slots of allocations mean anything
    private readonly int _slots;

    public SlotTable(int slots)
    {
        Debug.Assert(slots > 0);
        int segments = (slots + SwiotlbConstants.SegmentSlots - 1) / SwiotlbConstants.SegmentSlots;
        _slots = slots;
        _free = new ulong[segments * 2];
        _start = new ulong[segments * 2];
        _records = ArrayPool<SlotRecord>.Shared.Rent(slots);
        SetRange(_free, 0, slots);
    }

    /// <summary>Number of slots.</summary>
    public int Count => _slots;

    /// <summary>Whether the slot is free.</summary>
    public bool IsFree(int slot) => (_free[slot >> 6] >> (slot & 63) & 1) != 0;

    /// <summary>Makes this table equal to another of the same size (to save and restore a state).</summary>
    public void CopyFrom(SlotTable other)
    {
        if (other._slots != _slots)
            throw new ArgumentException("The tables differ in size.", nameof(other));
        other._free.CopyTo(_free, 0);
        other._start.CopyTo(_start, 0);
        other._records.AsSpan(0, _slots).CopyTo(_records);
    }

    /// <summary>Lends the memory of the records, most of what a table takes, to the next table that is made. This one must not be used any more.</summary>
    public void Recycle() => ArrayPool<SlotRecord>.Shared.Return(_records);

    /// <summary>Finds the first run that fits, in the kernel's order of search; -1 if there is none.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="table">DMA address of slot 0 under the device's boundary mask.</param>
    /// <param name="areaStart">First slot of the area.</param>
    /// <param name="areaSlots">Slots of the area.</param>
    /// <param name="index">Where the search starts, relative to the area.</param>
    public int FindLocked(in SlotRequest request, ulong table, int areaStart, int areaSlots, int index)
    {
        if (request.Slots > SwiotlbConstants.SegmentSlots)
            return -1;

        ulong boundarySlots = (request.BoundaryMask >> SwiotlbConstants.SlotShift) + 1;
        ulong partial = (table & (SwiotlbConstants.SlotSize - 1)) != 0 ? 1UL : 0;
        ulong tableSlots = (table >> SwiotlbConstants.SlotShift) + partial;
        bool mayCross = (tableSlots & (boundarySlots - 1)) + (ulong)_slots > boundarySlots;
        if (!request.Regular || partial != 0)
            return FindSlowlyLocked(request, table, tableSlots, boundarySlots, areaStart, areaSlots, index);

        // Candidates are the slots of one residue class modulo the stride. The search walks them from the cursor to the end
        // of the area, then from its beginning, until as many slots have been passed as the area has.
        uint stride = (uint)request.Stride, inStride = stride - 1;
        uint residue = (uint)(((request.Original & request.RepeatMask) >> SwiotlbConstants.SlotShift) - tableSlots) & inStride;
        int first = index + (int)((residue - (uint)(areaStart + index)) & inStride);
        if (!mayCross && first < areaSlots && IsRunInWord(areaStart + first, request.Slots))
            return areaStart + first; // the usual case: the cursor stands before free slots

        int found = ScanLocked(areaStart + first, areaStart + areaSlots, request.Slots, stride, residue, mayCross, tableSlots, boundarySlots);
        if (found >= 0 || index == 0)
            return found;

        int passed = first >= areaSlots
            ? areaSlots - index
            : first - index + (int)(((uint)(areaSlots - first) + inStride) / stride * stride);
        int start = (int)((residue - (uint)areaStart) & inStride);
        int end = areaSlots - passed;
        return start >= end
            ? -1
            : ScanLocked(areaStart + start, areaStart + end, request.Slots, stride, residue, mayCross, tableSlots, boundarySlots);
    }

    /// <summary>Takes the slots for a request at <paramref name="slot"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void TakeLocked(in SlotRequest request, int slot, int padSlots)
    {
        Debug.Assert(slot >= 0 && slot + request.Slots <= _slots);
        ClearRange(_free, slot, request.Slots);
        _start[slot >> 6] |= 1UL << (slot & 63);
        ref SlotRecord record = ref _records[slot];
        record.Original = request.Original;
        record.AllocSize = (uint)request.AllocSize;
        record.Offset = request.Offset;
        record.Slots = (byte)request.Slots;
        record.PadSlots = (byte)padSlots;
    }

    /// <summary>Gives <paramref name="count"/> slots back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ReleaseLocked(int slot, int count)
    {
        SetRange(_free, slot, count);
        ClearRange(_start, slot, count);
    }

    /// <summary>The allocation that owns a slot.</summary>
    /// <param name="slot">Any slot of it.</param>
    /// <param name="first">Its first slot.</param>
    /// <returns>Whether the slot is allocated.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(int slot, out int first)
    {
        int word = slot >> 6;
        ulong starts = _start[word] & (ulong.MaxValue >> (63 - (slot & 63)));
        if (starts == 0 && (word & 1) != 0)
            starts = _start[--word];
        first = (word << 6) + 63 - BitOperations.LeadingZeroCount(starts);
        return starts != 0 && (_free[slot >> 6] >> (slot & 63) & 1) == 0 && slot - first < _records[first].Slots;
    }

    /// <summary>The record of the allocation that begins at <paramref name="first"/>.</summary>
    public ref readonly SlotRecord RecordAt(int first) => ref _records[first];

    /// <summary>Longest run of free slots that one allocation could take.</summary>
    public int LongestFreeRun()
    {
        int longest = 0;
        for (int word = 0; word < _free.Length && longest < SwiotlbConstants.SegmentSlots; word += 2)
        {
            // Each turn leaves those free slots before which another one is free: as many turns as the longest run has.
            int run = 0;
            for (var free = new UInt128(_free[word + 1], _free[word]); free != UInt128.Zero; free &= free << 1)
                run++;
            longest = Math.Max(longest, run);
        }

        return longest;
    }

    /// <summary>Whether a short run begins at a slot and ends within the same word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsRunInWord(int slot, int slots)
    {
        int offset = slot & 63;
        ulong run = (ulong.MaxValue >> (64 - Math.Min(slots, 64))) << offset;
        return offset + slots <= 64 && (_free[slot >> 6] & run) == run;
    }

    /// <summary>First candidate in [from, to) that begins a run of free slots long enough; -1 if none.</summary>
    private int ScanLocked(
        int from, int to, int slots, uint stride, uint residue, bool mayCross, ulong tableSlots, ulong boundarySlots)
    {
        if (from >= to)
            return -1;
        ulong[] free = _free;
        ulong pattern = Pattern(stride, residue, out ulong patternHigh);
        int segment = from >> 7, last = (to - 1) >> 7;
        ulong low = pattern, high = patternHigh;
        int offset = from & 127;
        if (offset < 64)
            low &= ulong.MaxValue << offset;
        else
            (low, high) = (0, high & (ulong.MaxValue << (offset - 64)));

        for (; ; segment++, low = pattern, high = patternHigh)
        {
            if (segment == last)
            {
                int rest = ((to - 1) & 127) + 1;
                if (rest < 64)
                    (low, high) = (low & ((1UL << rest) - 1), 0);
                else if (rest < 128)
                    high &= (1UL << (rest - 64)) - 1;
            }

            ulong f0 = free[segment * 2], f1 = free[(segment * 2) + 1];
            if (slots != 1)
                RunsOf(ref f0, ref f1, slots);
            f0 &= low;
            f1 &= high;
            while ((f0 | f1) != 0)
            {
                int slot = (segment << 7) + (f0 != 0 ? BitOperations.TrailingZeroCount(f0) : 64 + BitOperations.TrailingZeroCount(f1));
                if (!mayCross || !Crosses(slot, slots, tableSlots, boundarySlots))
                    return slot;
                if (f0 != 0)
                    f0 &= f0 - 1;
                else
                    f1 &= f1 - 1;
            }

            if (segment == last)
                return -1;
        }
    }

    /// <summary>The search exactly as the kernel states it, for masks and tables that the fast path does not cover.</summary>
    private int FindSlowlyLocked(
        in SlotRequest request, ulong table, ulong tableSlots, ulong boundarySlots, int areaStart, int areaSlots, int index)
    {
        for (ulong passed = 0; passed < (ulong)areaSlots;)
        {
            int slot = areaStart + index;
            ulong address = unchecked(table + ((ulong)slot << SwiotlbConstants.SlotShift));
            bool aligned = (address & request.AlignMask) == 0
                && (request.Original == 0 || (address & request.RepeatMask) == (request.Original & request.RepeatMask));
            if (aligned && !Crosses(slot, request.Slots, tableSlots, boundarySlots) && FreeRunAt(slot) >= request.Slots)
                return slot;
            ulong step = aligned ? request.Stride : 1;
            index = (ulong)index + step >= (ulong)areaSlots ? 0 : index + (int)step;
            passed += step;
        }

        return -1;
    }

    private int FreeRunAt(int slot)
    {
        int end = Math.Min((slot | (SwiotlbConstants.SegmentSlots - 1)) + 1, _slots), run = 0;
        while (slot + run < end && IsFree(slot + run))
            run++;
        return run;
    }

    private static bool Crosses(int slot, int slots, ulong tableSlots, ulong boundarySlots) =>
        ((tableSlots + (ulong)slot) & (boundarySlots - 1)) + (ulong)slots > boundarySlots;

    /// <summary>Bits of one segment whose slot number is <paramref name="residue"/> modulo <paramref name="stride"/>.</summary>
    private static ulong Pattern(uint stride, uint residue, out ulong high)
    {
        switch (stride)
        {
            case 1:
                return high = ulong.MaxValue;
            case 2:
                return high = 0x5555_5555_5555_5555UL << (int)residue;
            case 128:
                high = residue >= 64 ? 1UL << (int)(residue - 64) : 0;
                return residue < 64 ? 1UL << (int)residue : 0;
        }

        ulong bits = 0;
        for (uint bit = residue; bit < 64; bit += stride)
            bits |= 1UL << (int)bit;
        return high = bits;
    }

    /// <summary>Turns free bits into bits at which a run of <paramref name="slots"/> free slots begins (shift and mask, doubling).</summary>
    private static void RunsOf(ref ulong low, ref ulong high, int slots)
    {
        ulong l = low, h = high;
        for (int have = 1; have < slots && (l | h) != 0;)
        {
            int shift = Math.Min(have, slots - have);
            if (shift < 64)
                l &= (l >> shift) | (h << (64 - shift));
            else
                l &= h >> (shift - 64);
            h = shift < 64 ? h & (h >> shift) : 0;
            have += shift;
        }

        low = l;
        high = h;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetRange(ulong[] bits, int from, int count)
    {
        int word = from >> 6, offset = from & 63;
        if (offset + count <= 64)
        {
            bits[word] |= (ulong.MaxValue >> (64 - count)) << offset;
            return;
        }

        bits[word++] |= ulong.MaxValue << offset;
        for (count -= 64 - offset; count >= 64; count -= 64)
            bits[word++] = ulong.MaxValue;
        if (count > 0)
            bits[word] |= (1UL << count) - 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ClearRange(ulong[] bits, int from, int count)
    {
        int word = from >> 6, offset = from & 63;
        if (offset + count <= 64)
        {
            bits[word] &= ~((ulong.MaxValue >> (64 - count)) << offset);
            return;
        }

        bits[word++] &= ~(ulong.MaxValue << offset);
        for (count -= 64 - offset; count >= 64; count -= 64)
            bits[word++] = 0;
        if (count > 0)
            bits[word] &= ~((1UL << count) - 1);
    }
}
