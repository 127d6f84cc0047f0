namespace Handoff.Ownership;

/// <summary>A mapping, an allocation, or one segment of a list, as an <see cref="OwnershipTracker"/> remembers it.</summary>
public record struct LiveMapping
{
    /// <summary>The device, as <see cref="MappingObserver.AddDevice"/> numbered it.</summary>
    public int Device { get; internal set; }

    /// <summary>The DMA address.</summary>
    public DmaAddress Address { get; internal set; }

    /// <summary>The memory; <see cref="PhysicalAddress.Invalid"/> if not known.</summary>
    public PhysicalAddress Original { get; internal set; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; internal set; }

    /// <summary>Direction as mapped.</summary>
    public DmaDirection Direction { get; internal set; }

    /// <summary>Attributes as mapped.</summary>
    public DmaAttributes Attributes { get; internal set; }

    /// <summary>By which family of calls it was made.</summary>
    public MappingKind Mapping { get; internal set; }

    /// <summary>Whether a bounce slot stands behind the address.</summary>
    public bool Bounced { get; internal set; }

    /// <summary>For a segment of a list: entries that the caller gave; 0 otherwise.</summary>
    public int ListEntries { get; internal set; }

    /// <summary>When it was made, in the source's units.</summary>
    public long Time { get; internal set; }

    /// <summary>Whether some of it was ever synced for the CPU.</summary>
    public bool SyncedForCpu { get; internal set; }

    /// <summary>Whether some of it was ever synced for the device after the map.</summary>
    public bool SyncedForDevice { get; internal set; }

    /// <summary>What the source attached to it (<see cref="MappingEvent.Tag"/>).</summary>
    public int Tag { get; internal set; }
}
