using Handoff.Swiotlb;

namespace Handoff.Conformance.Recordings.Replay;

/// <summary>A run of slots in use, and by what.</summary>
internal sealed class SlotOwner
{
    public required Device Device { get; init; }

    /// <summary>The pool; <see langword="null"/> for one that was made for this mapping alone.</summary>
    public required SwiotlbPool? Pool { get; init; }

    public required int FirstSlot { get; init; }

    public required int Slots { get; init; }

    /// <summary>Where the data is.</summary>
    public required DmaAddress Dma { get; init; }

    public required PhysicalAddress Original { get; init; }

    public required ulong Size { get; init; }

    /// <summary>Alignment the block itself needed, minus one.</summary>
    public ulong AlignMask { get; init; }

    public DmaDirection Direction { get; init; }

    /// <summary>For memory from a restricted pool.</summary>
    public Coherent.DmaBuffer? Buffer { get; init; }

    /// <summary>The area of its pool.</summary>
    public int Area => Pool is null ? 0 : FirstSlot / Pool.AreaSlots;

    /// <summary>Whether the slots can be one mapping's at all.</summary>
    public bool IsInPool => Pool is { } pool && FirstSlot >= 0 && FirstSlot + Slots <= pool.AreaSlots * pool.Areas;

    /// <summary>Nothing is known of it but that the slots are in use.</summary>
    public bool IsUnknown { get; init; }
}
