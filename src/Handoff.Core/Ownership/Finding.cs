namespace Handoff.Ownership;

/// <summary>One place where a rule of ownership is broken.</summary>
/// <param name="Rule">Which rule.</param>
/// <param name="Device">Name of the device; empty for an access of the CPU to no device's mapping.</param>
/// <param name="Time">When, in the source's units.</param>
/// <param name="Address">The DMA address that the call named.</param>
/// <param name="Memory">The memory concerned; <see cref="PhysicalAddress.Invalid"/> if not known.</param>
/// <param name="Size">Bytes that the call named.</param>
/// <param name="MappedAt">When the mapping concerned was made; <see langword="null"/> if there is none.</param>
/// <param name="Explanation">What happened here, with numbers.</param>
public sealed record Finding(
    FindingRule Rule, string Device, long Time, DmaAddress Address, PhysicalAddress Memory, ulong Size, long? MappedAt, string Explanation)
{
    /// <summary>Number of the device in <see cref="OwnershipTracker"/>'s source; -1 for none.</summary>
    public int DeviceNumber { get; init; } = -1;

    /// <summary>Another mapping that takes part, such as the one that overlaps; <see langword="null"/> if there is none.</summary>
    public LiveMapping? Other { get; init; }

    /// <summary>What the source attached to the mapping concerned (<see cref="MappingEvent.Tag"/>); 0 if there is none.</summary>
    public int Tag { get; init; }

    /// <summary>For a second release and a late sync: when the mapping ended; otherwise <see langword="null"/>.</summary>
    public long? EndedAt { get; init; }

    /// <summary>Identifier of the rule, <c>DMA0001</c> and so on.</summary>
    public string Id => Rule.Id;

    /// <summary>How bad it is.</summary>
    public FindingSeverity Severity => Rule.Severity;

    /// <summary>What is wrong, one line.</summary>
    public string Title => Rule.Title;

    /// <summary>What to do.</summary>
    public string Hint => Rule.Hint;

    /// <summary><c>DMA0005 device: explanation</c>.</summary>
    public override string ToString() => Device.Length == 0 ? $"{Id} {Explanation}" : $"{Id} {Device}: {Explanation}";
}
