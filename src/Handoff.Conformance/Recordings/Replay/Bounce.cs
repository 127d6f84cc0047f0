namespace Handoff.Conformance.Recordings.Replay;

/// <summary>One buffer that bounces, from the decision (a <c>swiotlb_bounced</c> event) to the map event that tells where it went.</summary>
internal sealed class Bounce
{
    /// <summary>The decision.</summary>
    public required TraceEvent Decision { get; init; }

    /// <summary>The map it belongs to; <see langword="null"/> for a list whose map failed, which leaves no event.</summary>
    public TraceEvent? Map { get; init; }

    /// <summary>Number of the event after which its slots were taken, at the earliest.</summary>
    public long From { get; init; }

    /// <summary>Number of the event before which they were.</summary>
    public long To => Map?.Number ?? long.MaxValue;

    /// <summary>Coherent memory from a restricted pool, not a buffer that bounces.</summary>
    public bool IsMemory { get; init; }

    /// <summary>The memory, once it was allocated.</summary>
    public Coherent.DmaBuffer? Memory { get; set; }

    /// <summary>The buffer.</summary>
    public required PhysicalAddress Original { get; init; }

    public required ulong Size { get; init; }

    public required DmaDirection Direction { get; init; }

    public required DmaAttributes Attributes { get; init; }

    /// <summary>Where it went as recorded; <see cref="DmaAddress.MappingError"/> for a failed map.</summary>
    public DmaAddress Recorded { get; init; }

    /// <summary>Whether <see cref="Recorded"/> is in the recording: long lists are cut, and lists that fail are not there.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>Whether the engine has taken (or failed to take) slots for it.</summary>
    public bool IsDone { get; set; }

    /// <summary>The slots it was given; <see langword="null"/> before, and after a failure.</summary>
    public SlotOwner? Owner { get; set; }

    /// <summary>The engine's result.</summary>
    public DmaAddress Result { get; set; }

    /// <summary>Whether other events had to be moved around it; the reason.</summary>
    public string? Reason { get; set; }
}
