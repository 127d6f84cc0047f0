namespace Handoff.Ownership;

/// <summary>What an <see cref="OwnershipTracker"/> knows of its source, and how much it keeps.</summary>
public sealed record OwnershipOptions
{
    /// <summary>Cache writeback granule in bytes, a power of two.</summary>
    public uint CacheLineSize { get; init; } = 64;

    /// <summary>Whether questions about failed maps are seen. Recordings show none.</summary>
    public bool ErrorChecksVisible { get; init; } = true;

    /// <summary>Whether accesses to the memory itself are seen. Recordings show none; then nobody asks who owns a part of a mapping.</summary>
    public bool AccessesVisible { get; init; } = true;

    /// <summary>
    /// Whether the source begins in the middle of things, as recordings do: an unmap or sync of something never seen is then no
    /// finding; <see cref="IMappingListener.Unknown"/> is told of it.
    /// </summary>
    public bool BeginsAnywhere { get; init; }

    /// <summary>
    /// Whether events come in the order in which they happened. If not, a release may be passed on late: it is not about mappings made after it; and memory
    /// that is allocated twice was perhaps freed by a release that is still to come.
    /// </summary>
    public bool KeepsOrder { get; init; } = true;

    /// <summary>What recordings show: neither questions about failed maps nor accesses, and not what was mapped before.</summary>
    public static OwnershipOptions ForRecordings { get; } = new() { ErrorChecksVisible = false, AccessesVisible = false, BeginsAnywhere = true };

    /// <summary>
    /// Whether to report also what is harmless on this machine because its devices are coherent or its buffers within reach.
    /// </summary>
    public bool EveryMachine { get; init; }

    /// <summary>What memory is used for; <see langword="null"/> if not known.</summary>
    public Func<PhysicalAddress, ulong, MemoryUse>? MemoryUseOf { get; init; }

    /// <summary>Findings kept per rule and device, and of each rule as many as 16 devices may have; further ones are only counted.</summary>
    public int KeptPerRule { get; init; } = 100;
}
