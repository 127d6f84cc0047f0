using System.Runtime.InteropServices;

namespace Handoff.Swiotlb;

/// <summary>What is remembered about one allocation, in the entry of its first slot.</summary>
/// <remarks>
/// The kernel keeps address, size and padding in every slot (<c>struct io_tlb_slot</c>, 24 bytes). All of them follow from
/// the first slot's, so only that one is written; a slot finds it through the start bits of its segment.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct SlotRecord
{
    /// <summary>Physical address of the caller's first byte.</summary>
    public ulong Original;

    /// <summary>Allocated bytes, alignment padding included.</summary>
    public uint AllocSize;

    /// <summary>Offset of the data in the first slot that is not padding (the original's low bits under the device's mask).</summary>
    public ushort Offset;

    /// <summary>Slots of the allocation, 1 to 128.</summary>
    public byte Slots;

    /// <summary>Leading slots that hold no data.</summary>
    public byte PadSlots;
}
