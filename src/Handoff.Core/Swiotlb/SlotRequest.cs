using System.Numerics;

namespace Handoff.Swiotlb;

/// <summary>One request for slots, with everything that does not depend on the area searched.</summary>
/// <remarks>Kernel: the first lines of <c>swiotlb_search_pool_area()</c> (<c>kernel/dma/swiotlb.c</c>, 6.12).</remarks>
internal readonly struct SlotRequest
{
    /// <summary>Physical address whose low bits the slot must repeat; 0 for none.</summary>
    public readonly ulong Original;

    /// <summary>Bytes wanted, padding included.</summary>
    public readonly ulong AllocSize;

    /// <summary>DMA address bits of the first slot that must be 0; at least the bits within a slot.</summary>
    public readonly ulong AlignMask;

    /// <summary>DMA address bits of the first slot that must equal those of <see cref="Original"/>.</summary>
    public readonly ulong RepeatMask;

    /// <summary>The device's segment boundary mask.</summary>
    public readonly ulong BoundaryMask;

    /// <summary>Step between candidates after a busy one, in slots.</summary>
    public readonly ulong Stride;

    /// <summary>Whether candidates are one residue class of slots (masks are low masks, the stride a power of two up to a segment).</summary>
    public readonly bool Regular;

    /// <summary>Slots wanted.</summary>
    public readonly int Slots;

    /// <summary>The original's offset within a slot, under the device's alignment mask.</summary>
    public readonly ushort Offset;

    public SlotRequest(ulong original, ulong allocSize, ulong alignMask, ulong minAlignMask, ulong boundaryMask, uint pageSize, bool pageAlignBig)
    {
        const ulong inSlot = SwiotlbConstants.SlotSize - 1;
        Original = original;
        AllocSize = allocSize;
        BoundaryMask = boundaryMask;
        Slots = (int)Math.Min((allocSize >> SwiotlbConstants.SlotShift) + ((allocSize & inSlot) != 0 ? 1UL : 0), int.MaxValue);
        if ((alignMask | minAlignMask) == 0)
        {
            AlignMask = allocSize >= pageSize && pageAlignBig ? (pageSize - 1) | inSlot : inSlot;
            Stride = (AlignMask >> SwiotlbConstants.SlotShift) + 1;
            Regular = true;
            return;
        }

        Offset = (ushort)(original & minAlignMask & inSlot);
        AlignMask = alignMask | inSlot;
        RepeatMask = minAlignMask & ~AlignMask;
        Stride = (Math.Max(AlignMask, RepeatMask) >> SwiotlbConstants.SlotShift) + 1;
        Regular = Stride <= SwiotlbConstants.SegmentSlots && BitOperations.IsPow2(Stride)
            && Align.IsLowMask(AlignMask) && Align.IsLowMask(AlignMask | RepeatMask)
            && (original != 0 || RepeatMask == 0);
    }
}
