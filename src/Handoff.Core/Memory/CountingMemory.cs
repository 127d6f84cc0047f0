namespace Handoff;

/// <summary>No memory at all: adds up what would be done. For replays at full speed. One thread only.</summary>
public struct CountingMemory : IMemory, IEquatable<CountingMemory>
{
    /// <summary>Bytes copied between originals and bounce slots.</summary>
    public ulong CopiedBytes { get; private set; }

    /// <summary>Number of such copies.</summary>
    public ulong Copies { get; private set; }

    /// <summary>Bytes of cache maintenance (clean and invalidate).</summary>
    public ulong MaintainedBytes { get; private set; }

    /// <summary>Number of maintenance operations.</summary>
    public ulong MaintenanceOperations { get; private set; }

    /// <inheritdoc/>
    public void Copy(PhysicalAddress from, PhysicalAddress to, ulong size)
    {
        CopiedBytes += size;
        Copies++;
    }

    /// <inheritdoc/>
    public readonly void Zero(PhysicalAddress start, ulong size)
    {
    }

    /// <inheritdoc/>
    public void Clean(PhysicalAddress start, ulong size)
    {
        MaintainedBytes += size;
        MaintenanceOperations++;
    }

    /// <inheritdoc/>
    public void Invalidate(PhysicalAddress start, ulong size) => Clean(start, size);

    /// <inheritdoc/>
    public readonly bool Equals(CountingMemory other) =>
        (CopiedBytes, Copies, MaintainedBytes, MaintenanceOperations)
        == (other.CopiedBytes, other.Copies, other.MaintainedBytes, other.MaintenanceOperations);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is CountingMemory other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(CopiedBytes, Copies, MaintainedBytes);

    /// <summary>Whether both counted the same.</summary>
    public static bool operator ==(CountingMemory left, CountingMemory right) => left.Equals(right);

    /// <summary>Whether they counted differently.</summary>
    public static bool operator !=(CountingMemory left, CountingMemory right) => !left.Equals(right);
}
