namespace Handoff.Ownership;

/// <summary>What happened to a mapping.</summary>
public enum MappingEventKind : byte
{
    /// <summary>A map or an allocation; the address is the error value if it failed.</summary>
    Map,

    /// <summary>An unmap or a free.</summary>
    Unmap,

    /// <summary>A driver asked whether a map failed.</summary>
    ErrorCheck,

    /// <summary>The CPU takes a range back.</summary>
    SyncForCpu,

    /// <summary>The device is given a range again.</summary>
    SyncForDevice,

    /// <summary>The CPU reads memory (<see cref="MappingEvent.Original"/>).</summary>
    CpuRead,

    /// <summary>The CPU writes memory (<see cref="MappingEvent.Original"/>).</summary>
    CpuWrite,

    /// <summary>The device reads through a DMA address.</summary>
    DeviceRead,

    /// <summary>The device writes through a DMA address.</summary>
    DeviceWrite,

    /// <summary>The driver lets go of the device: whatever is still mapped has leaked.</summary>
    DeviceReleased,
}
