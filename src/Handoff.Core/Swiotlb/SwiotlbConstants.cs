namespace Handoff.Swiotlb;

/// <summary>The fixed numbers of the bounce-buffer allocator.</summary>
/// <remarks>Kernel: <c>include/linux/swiotlb.h</c>; unchanged from 5.x to 7.3.</remarks>
public static class SwiotlbConstants
{
    /// <summary>log2 of <see cref="SlotSize"/>. Kernel: <c>IO_TLB_SHIFT</c>.</summary>
    public const int SlotShift = 11;

    /// <summary>Bytes of one slot. Kernel: <c>IO_TLB_SIZE</c>.</summary>
    public const uint SlotSize = 1u << SlotShift;

    /// <summary>Slots of one segment, the largest single allocation. Kernel: <c>IO_TLB_SEGSIZE</c>.</summary>
    public const int SegmentSlots = 128;

    /// <summary>Bytes of one segment (256 KiB).</summary>
    public const uint SegmentSize = SegmentSlots * SlotSize;

    /// <summary>Default pool in slots (64 MiB). Kernel: <c>IO_TLB_DEFAULT_SIZE</c>.</summary>
    public const uint DefaultSlots = (64u << 20) / SlotSize;

    /// <summary>Smallest pool in slots (1 MiB). Kernel: <c>IO_TLB_MIN_SLABS</c>.</summary>
    public const uint MinSlots = (1u << 20) / SlotSize;
}
