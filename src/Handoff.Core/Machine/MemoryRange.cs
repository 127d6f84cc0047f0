namespace Handoff;

/// <summary>A run of physical memory.</summary>
/// <param name="Start">First byte.</param>
/// <param name="Size">Length in bytes, not 0.</param>
public readonly record struct MemoryRange(PhysicalAddress Start, ulong Size)
{
    /// <summary>First byte after the range.</summary>
    public PhysicalAddress End => Start + Size;

    /// <summary>Last byte of the range.</summary>
    public PhysicalAddress Last => Start + (Size - 1);

    /// <summary>Whether the byte at <paramref name="address"/> belongs to the range.</summary>
    public bool Contains(PhysicalAddress address) => address - Start < Size;

    /// <summary>Whether all <paramref name="size"/> bytes from <paramref name="address"/> belong to the range.</summary>
    public bool Contains(PhysicalAddress address, ulong size) =>
        address - Start is var offset && offset <= Size && size <= Size - offset;

    /// <summary>The range as the kernel prints it: both ends inclusive.</summary>
    public override string ToString() => $"[mem {Start}-{Last}]";
}
