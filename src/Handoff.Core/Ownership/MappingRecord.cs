namespace Handoff.Ownership;

/// <summary>What a tracker remembers of one live mapping (or one segment of a list).</summary>
internal struct MappingRecord
{
    public LiveMapping Mapping; // what others are told of it
    public int ListSegments;
    public int Next; // next record of the same chain of the table, or next free record; -1 at the end
    public MappingOwner Owner;
    public MappingMarks Marks;

    public readonly ulong Address => Mapping.Address.Value;

    public readonly ulong Size => Mapping.Size;

    /// <summary>All ones if not known.</summary>
    public readonly ulong Original => Mapping.Original.Value;

    public readonly DmaAttributes Attributes => Mapping.Attributes;

    public readonly long Time => Mapping.Time;

    public readonly int Device => Mapping.Device;

    public readonly int ListEntries => Mapping.ListEntries;

    public readonly DmaDirection Direction => Mapping.Direction;

    public readonly MappingKind Kind => Mapping.Mapping;

    public readonly bool Bounced => Mapping.Bounced;

    public readonly int Tag => Mapping.Tag;

    public readonly bool DeviceWrites => Direction != DmaDirection.ToDevice;

    public readonly ulong End => unchecked(Address + Size);

    public readonly bool KnowsMemory => Original != ulong.MaxValue;

    /// <summary>Mapped, not allocated: ownership changes hands.</summary>
    public readonly bool IsStreaming => Kind is MappingKind.Single or MappingKind.Sg;

    /// <summary>Fills a record that was used before, perhaps.</summary>
    public void Begin(in MappingEvent e)
    {
        Mapping.Device = e.Device;
        Mapping.Address = e.Address;
        Mapping.Original = e.Original;
        Mapping.Size = e.Size;
        Mapping.Direction = e.Direction;
        Mapping.Attributes = e.Attributes;
        Mapping.Mapping = e.Mapping;
        Mapping.Bounced = e.Bounced;
        Mapping.ListEntries = e.ListEntries;
        Mapping.Time = e.Time;
        Mapping.SyncedForCpu = Mapping.SyncedForDevice = false;
        Mapping.Tag = e.Tag;
        ListSegments = e.ListSegments;
        Next = -1;
        Owner = MappingOwner.Device;
        Marks = MappingMarks.None;
    }
}
