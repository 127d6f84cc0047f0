namespace Handoff.Ownership;

/// <summary>One event as all observers of ownership understand it, whether it comes from a live layer, a litmus test or a recording.</summary>
/// <remarks>A plain value: making one allocates nothing. A list is one event per DMA segment, in order.</remarks>
public readonly record struct MappingEvent
{
    /// <summary>What happened.</summary>
    public MappingEventKind Kind { get; init; }

    /// <summary>By which family of calls.</summary>
    public MappingKind Mapping { get; init; }

    /// <summary>Direction as the caller gave it.</summary>
    public DmaDirection Direction { get; init; }

    /// <summary>For a map: whether a bounce slot stands behind the address.</summary>
    public bool Bounced { get; init; }

    /// <summary>The device, as <see cref="MappingObserver.AddDevice"/> numbered it.</summary>
    public int Device { get; init; }

    /// <summary>For lists: entries that the caller gave; 0 otherwise.</summary>
    public int ListEntries { get; init; }

    /// <summary>For lists: which segment this is, from 0.</summary>
    public int ListIndex { get; init; }

    /// <summary>For lists, at map: number of segments that were made.</summary>
    public int ListSegments { get; init; }

    /// <summary>The DMA address.</summary>
    public DmaAddress Address { get; init; }

    /// <summary>The memory; <see cref="PhysicalAddress.Invalid"/> if not known.</summary>
    public PhysicalAddress Original { get; init; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; init; }

    /// <summary>Attributes as the caller gave them.</summary>
    public DmaAttributes Attributes { get; init; }

    /// <summary>
    /// When: a step, nanoseconds, whatever the source counts. Only handed on, if the source passes events on in their order
    /// (<see cref="OwnershipOptions.KeepsOrder"/>).
    /// </summary>
    public long Time { get; init; }

    /// <summary>For a map: whatever its source wants to find again in <see cref="LiveMapping.Tag"/>. Only handed on.</summary>
    public int Tag { get; init; }

    /// <summary>A map of one buffer.</summary>
    public static MappingEvent Map(
        int device, DmaAddress address, PhysicalAddress original, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None, bool bounced = false, long time = 0) =>
        new() { Kind = MappingEventKind.Map, Device = device, Address = address, Original = original, Size = size, Direction = direction, Attributes = attributes, Bounced = bounced, Time = time };

    /// <summary>An unmap of one buffer.</summary>
    public static MappingEvent Unmap(int device, DmaAddress address, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None, long time = 0) =>
        new() { Kind = MappingEventKind.Unmap, Device = device, Address = address, Original = PhysicalAddress.Invalid, Size = size, Direction = direction, Attributes = attributes, Time = time };

    /// <summary>A question whether a map failed.</summary>
    public static MappingEvent ErrorCheck(int device, DmaAddress address, long time = 0) =>
        new() { Kind = MappingEventKind.ErrorCheck, Device = device, Address = address, Original = PhysicalAddress.Invalid, Time = time };

    /// <summary>A sync of a mapping or a part of it.</summary>
    public static MappingEvent Sync(bool forCpu, int device, DmaAddress address, ulong size, DmaDirection direction, long time = 0) => new()
    {
        Kind = forCpu ? MappingEventKind.SyncForCpu : MappingEventKind.SyncForDevice,
        Device = device,
        Address = address,
        Original = PhysicalAddress.Invalid,
        Size = size,
        Direction = direction,
        Time = time,
    };

    /// <summary>The CPU reads or writes memory.</summary>
    public static MappingEvent CpuAccess(bool write, PhysicalAddress address, ulong size, long time = 0) =>
        new() { Kind = write ? MappingEventKind.CpuWrite : MappingEventKind.CpuRead, Device = -1, Original = address, Size = size, Time = time };

    /// <summary>A device reads or writes through a DMA address.</summary>
    public static MappingEvent DeviceAccess(bool write, int device, DmaAddress address, ulong size, long time = 0) => new()
    {
        Kind = write ? MappingEventKind.DeviceWrite : MappingEventKind.DeviceRead,
        Device = device,
        Address = address,
        Original = PhysicalAddress.Invalid,
        Size = size,
        Time = time,
    };

    /// <summary>A driver lets go of its device.</summary>
    public static MappingEvent Released(int device, long time = 0) => new() { Kind = MappingEventKind.DeviceReleased, Device = device, Time = time };
}
