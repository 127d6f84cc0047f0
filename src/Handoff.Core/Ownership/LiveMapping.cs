namespace Handoff.Ownership;

/// <summary>A mapping, an allocation, or one segment of a list, as an <see cref="OwnershipTracker"/> remembers it.</summary>
public readonly record struct LiveMapping
{
    internal LiveMapping(in MappingRecord r)
    {
        Device = r.Device;
        Address = new(r.Address);
        Original = new(r.Original);
        Size = r.Size;
        Direction = r.Direction;
        Attributes = r.Attributes;
        Mapping = r.Kind;
        Bounced = r.Bounced;
        ListEntries = r.ListEntries;
        Time = r.Time;
        Tag = r.Tag;
        SyncedForCpu = (r.Marks & MappingMarks.SyncedForCpu) != 0;
        SyncedForDevice = (r.Marks & MappingMarks.SyncedForDevice) != 0;
    }

    /// <summary>The device, as <see cref="MappingObserver.AddDevice"/> numbered it.</summary>
    public int Device { get; }

    /// <summary>The DMA address.</summary>
    public DmaAddress Address { get; }

    /// <summary>The memory; <see cref="PhysicalAddress.Invalid"/> if not known.</summary>
    public PhysicalAddress Original { get; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; }

    /// <summary>Direction as mapped.</summary>
    public DmaDirection Direction { get; }

    /// <summary>Attributes as mapped.</summary>
    public DmaAttributes Attributes { get; }

    /// <summary>By which family of calls it was made.</summary>
    public MappingKind Mapping { get; }

    /// <summary>Whether a bounce slot stands behind the address.</summary>
    public bool Bounced { get; }

    /// <summary>For a segment of a list: entries that the caller gave; 0 otherwise.</summary>
    public int ListEntries { get; }

    /// <summary>When it was made, in the source's units.</summary>
    public long Time { get; }

    /// <summary>Whether some of it was ever synced for the CPU.</summary>
    public bool SyncedForCpu { get; }

    /// <summary>Whether some of it was ever synced for the device after the map.</summary>
    public bool SyncedForDevice { get; }

    /// <summary>What the source attached to it (<see cref="MappingEvent.Tag"/>).</summary>
    public int Tag { get; }
}
