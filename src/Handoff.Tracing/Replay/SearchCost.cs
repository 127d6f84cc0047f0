using System.Numerics;
using Handoff.Swiotlb;

namespace Handoff.Tracing.Replay;

/// <summary>How many steps the kernel's search of one area takes: turns of its loop, each of which looks at one slot under the area's lock.</summary>
/// <remarks>
/// Kernel: the loop of <c>swiotlb_search_pool_area()</c>, 6.12: after a misplaced slot one further, after a well-placed but busy one a
/// stride further, past the end back to slot 0. Worked out without walking where well-placed slots are evenly spaced.
/// </remarks>
internal readonly struct SearchCost
{
    private const ulong InSlot = SwiotlbConstants.SlotSize - 1;

    private readonly ulong _table; // DMA address of slot 0 under the boundary mask
    private readonly ulong _alignMask, _repeatMask, _original;
    private readonly int _stride;
    private readonly bool _even;

    /// <summary>The alignment side of a request.</summary>
    /// <param name="table">DMA address of slot 0 under the device's boundary mask.</param>
    /// <param name="original">Physical address of the buffer.</param>
    /// <param name="allocSize">Bytes asked for, offset included.</param>
    /// <param name="minAlignMask">Low address bits that the slot repeats.</param>
    /// <param name="pageRule">Requests of so many bytes or more are aligned to as much; all ones for kernels without that rule.</param>
    public SearchCost(ulong table, ulong original, ulong allocSize, uint minAlignMask, ulong pageRule)
    {
        _table = table;
        _original = original;
        _alignMask = minAlignMask == 0 && allocSize >= pageRule ? (pageRule - 1) | InSlot : InSlot;
        _repeatMask = minAlignMask & ~_alignMask;
        _stride = (int)(Math.Max(_alignMask, _repeatMask) >> SwiotlbConstants.SlotShift) + 1;
        ulong all = _alignMask | _repeatMask;
        _even = BitOperations.IsPow2(_stride) && (all & (all + 1)) == 0 && (_table & InSlot) == 0 && (_original != 0 || _repeatMask == 0);
    }

    /// <summary>Steps of a search that found something.</summary>
    /// <param name="areaStart">First slot of the area.</param>
    /// <param name="areaSlots">Slots of the area.</param>
    /// <param name="index">Where the search began, relative to the area.</param>
    /// <param name="found">The slot found, relative to the area; -1 if the whole area was searched in vain.</param>
    public long Steps(int areaStart, int areaSlots, int index, int found)
    {
        if (!_even)
            return Walk(areaStart, areaSlots, index, found);
        int inStride = _stride - 1;
        int residue = found >= 0 ? found & inStride : ResidueOf(areaStart);
        int begin = index + ((residue - index) & inStride); // first well-placed slot
        if (found >= begin)
            return begin - index + ((found - begin) / _stride) + 1;

        // To the end of the area, then from its beginning.
        long steps, passed;
        if (begin >= areaSlots)
        {
            steps = passed = areaSlots - index;
        }
        else
        {
            int placed = (areaSlots - begin + inStride) / _stride;
            steps = begin - index + placed;
            passed = begin - index + ((long)placed * _stride);
        }

        if (found >= 0)
            return steps + residue + ((found - residue) / _stride) + 1;
        long left = areaSlots - passed;
        if (left <= 0)
            return steps;
        return left <= residue ? steps + left : steps + residue + ((left - residue + inStride) / _stride);
    }

    /// <summary>The walk itself.</summary>
    internal long Walk(int areaStart, int areaSlots, int index, int found)
    {
        long steps = 0;
        for (long passed = 0; passed < areaSlots;)
        {
            ulong address = unchecked(_table + ((ulong)(areaStart + index) << SwiotlbConstants.SlotShift));
            bool placed = (address & _alignMask) == 0 && (_original == 0 || (address & _repeatMask) == (_original & _repeatMask));
            steps++;
            if (placed && index == found)
                return steps;
            int step = placed ? _stride : 1;
            index = index + step >= areaSlots ? 0 : index + step;
            passed += step;
        }

        return steps;
    }

    private int ResidueOf(int areaStart)
    {
        ulong wanted = ((_original & _repeatMask) - _table) >> SwiotlbConstants.SlotShift;
        return (int)(wanted - (ulong)areaStart) & (_stride - 1);
    }
}
