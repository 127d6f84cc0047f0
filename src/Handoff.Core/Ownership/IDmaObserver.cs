namespace Handoff.Ownership;

/// <summary>Told of every call after it took effect, syncs that a coherent device skips included. For trackers of ownership; costs one test per call when absent.</summary>
public interface IDmaObserver
{
    /// <summary>A buffer was mapped, or the map failed (<paramref name="address"/> is then the error value).</summary>
    void Mapped(Device device, DmaAddress address, PhysicalAddress original, ulong size, DmaDirection direction, DmaAttributes attributes);

    /// <summary>A mapping was ended.</summary>
    void Unmapped(Device device, DmaAddress address, ulong size, DmaDirection direction, DmaAttributes attributes);

    /// <summary>A driver asked whether a map failed.</summary>
    void ErrorChecked(Device device, DmaAddress address);

    /// <summary>The CPU took a part of a mapping back.</summary>
    void SyncedForCpu(Device device, DmaAddress address, ulong size, DmaDirection direction);

    /// <summary>The device was given a part of a mapping again.</summary>
    void SyncedForDevice(Device device, DmaAddress address, ulong size, DmaDirection direction);

    /// <summary>A list was mapped: one DMA segment per entry.</summary>
    void MappedSg(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction, DmaAttributes attributes);

    /// <summary>A mapped list is about to be unmapped.</summary>
    void UnmappingSg(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction, DmaAttributes attributes);

    /// <summary>The CPU took a list back.</summary>
    void SyncedSgForCpu(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction);

    /// <summary>The device was given a list again.</summary>
    void SyncedSgForDevice(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction);

    /// <summary>Registers were mapped, or the map failed (<paramref name="address"/> is then the error value).</summary>
    void MappedResource(Device device, DmaAddress address, PhysicalAddress original, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
    }

    /// <summary>A mapping of registers was ended.</summary>
    void UnmappedResource(Device device, DmaAddress address, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
    }

    /// <summary>Memory was allocated for a device (coherent or cached).</summary>
    void Allocated(Device device, MappingKind kind, DmaAddress address, PhysicalAddress original, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
    }

    /// <summary>Such memory is about to be freed.</summary>
    void Freeing(Device device, MappingKind kind, DmaAddress address, PhysicalAddress original, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
    }
}
