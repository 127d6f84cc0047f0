namespace Handoff.Ownership;

/// <summary>What a tracker remembers of one live mapping (or one segment of a list).</summary>
internal struct MappingRecord
{
    public ulong Address;
    public ulong Size;
    public ulong Original; // all ones if not known
    public DmaAttributes Attributes;
    public long Time;
    public int Device;
    public int ListEntries;
    public int ListSegments;
    public int Tag;
    public int Next; // next record of the same chain of the table, or next free record; -1 at the end
    public DmaDirection Direction;
    public MappingKind Kind;
    public MappingOwner Owner;
    public MappingMarks Marks;
    public bool Bounced;

    public readonly bool DeviceWrites => Direction != DmaDirection.ToDevice;

    public readonly ulong End => unchecked(Address + Size);

    public readonly bool KnowsMemory => Original != ulong.MaxValue;

    /// <summary>Mapped, not allocated: ownership changes hands.</summary>
    public readonly bool IsStreaming => Kind is MappingKind.Single or MappingKind.Sg;
}
