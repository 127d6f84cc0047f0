namespace Handoff.Ownership;

/// <summary>Turns the calls of a live layer into <see cref="MappingEvent"/>s. Base of everything that follows ownership.</summary>
/// <remarks>Not thread-safe: the caller's calls must come one after another, as in a recording.</remarks>
public abstract class MappingObserver : IDmaObserver
{
    private readonly List<DeviceFacts> _devices = [];
    private readonly Dictionary<Device, int> _numbers = [];

    /// <summary>The devices by number.</summary>
    public IReadOnlyList<DeviceFacts> Devices => _devices;

    /// <summary>The facts about a device: <see cref="Devices"/> without a detour.</summary>
    private protected DeviceFacts Facts(int device) => _devices[device];

    /// <summary>What the next events from a live layer get as their time; counts up by itself, and can be set.</summary>
    public long Step { get; set; }

    /// <summary>Says how facts of a device are found when a live layer first mentions it. By default from the device itself.</summary>
    public Func<Device, DeviceFacts> FactsOf { get; init; } = static device =>
        new(device.Name, device.Coherent, device.MaxSegmentSize, device.SegmentBoundaryMask);

    /// <summary>Says whether a bounce slot stands behind an address. By default: the address does not lead back to the memory.</summary>
    public Func<Device, DmaAddress, PhysicalAddress, bool> IsBounced { get; init; } = static (device, address, original) =>
        address.IsMapped && Translation.ToPhysical(device, address) != original;

    /// <summary>Follows one event.</summary>
    public abstract void Process(in MappingEvent e);

    /// <summary>Adds a device that events will name by number.</summary>
    public int AddDevice(DeviceFacts facts)
    {
        _devices.Add(facts);
        return _devices.Count - 1;
    }

    /// <summary>The number of a live device; it is added on first mention.</summary>
    public int NumberOf(Device device)
    {
        if (!_numbers.TryGetValue(device, out int number))
            _numbers.Add(device, number = AddDevice(FactsOf(device)));
        return number;
    }

    /// <inheritdoc/>
    public void Mapped(Device device, DmaAddress address, PhysicalAddress original, ulong size, DmaDirection direction, DmaAttributes attributes) =>
        Process(MappingEvent.Map(NumberOf(device), address, original, size, direction, attributes, IsBounced(device, address, original), Step++));

    /// <inheritdoc/>
    public void Unmapped(Device device, DmaAddress address, ulong size, DmaDirection direction, DmaAttributes attributes) =>
        Process(MappingEvent.Unmap(NumberOf(device), address, size, direction, attributes, Step++));

    /// <inheritdoc/>
    public void ErrorChecked(Device device, DmaAddress address) => Process(MappingEvent.ErrorCheck(NumberOf(device), address, Step++));

    /// <inheritdoc/>
    public void SyncedForCpu(Device device, DmaAddress address, ulong size, DmaDirection direction) =>
        Process(MappingEvent.Sync(true, NumberOf(device), address, size, direction, Step++));

    /// <inheritdoc/>
    public void SyncedForDevice(Device device, DmaAddress address, ulong size, DmaDirection direction) =>
        Process(MappingEvent.Sync(false, NumberOf(device), address, size, direction, Step++));

    /// <inheritdoc/>
    public void MappedSg(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction, DmaAttributes attributes) =>
        List(MappingEventKind.Map, device, entries, direction, attributes);

    /// <inheritdoc/>
    public void UnmappingSg(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction, DmaAttributes attributes) =>
        List(MappingEventKind.Unmap, device, entries, direction, attributes);

    /// <inheritdoc/>
    public void SyncedSgForCpu(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction) =>
        List(MappingEventKind.SyncForCpu, device, entries, direction, DmaAttributes.None);

    /// <inheritdoc/>
    public void SyncedSgForDevice(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction) =>
        List(MappingEventKind.SyncForDevice, device, entries, direction, DmaAttributes.None);

    /// <inheritdoc/>
    public void MappedResource(Device device, DmaAddress address, PhysicalAddress original, ulong size, DmaDirection direction, DmaAttributes attributes) =>
        Process(MappingEvent.Map(NumberOf(device), address, original, size, direction, attributes, false, Step++) with { Mapping = MappingKind.Resource });

    /// <inheritdoc/>
    public void UnmappedResource(Device device, DmaAddress address, ulong size, DmaDirection direction, DmaAttributes attributes) =>
        Process(MappingEvent.Unmap(NumberOf(device), address, size, direction, attributes, Step++) with { Mapping = MappingKind.Resource });

    /// <inheritdoc/>
    public void Allocated(Device device, MappingKind kind, DmaAddress address, PhysicalAddress original, ulong size, DmaDirection direction, DmaAttributes attributes) =>
        Process(MappingEvent.Map(NumberOf(device), address, original, size, direction, attributes, false, Step++) with { Mapping = kind });

    /// <inheritdoc/>
    public void Freeing(Device device, MappingKind kind, DmaAddress address, PhysicalAddress original, ulong size, DmaDirection direction, DmaAttributes attributes) =>
        Process(MappingEvent.Unmap(NumberOf(device), address, size, direction, attributes, Step++) with { Mapping = kind, Original = original });

    /// <summary>A CPU access that the program declares.</summary>
    public void CpuAccessed(bool write, PhysicalAddress address, ulong size) => Process(MappingEvent.CpuAccess(write, address, size, Step++));

    /// <summary>A device access that the program declares.</summary>
    public void DeviceAccessed(bool write, Device device, DmaAddress address, ulong size) =>
        Process(MappingEvent.DeviceAccess(write, NumberOf(device), address, size, Step++));

    /// <summary>A driver lets go of its device.</summary>
    public void Released(Device device) => Process(MappingEvent.Released(NumberOf(device), Step++));

    private void List(MappingEventKind kind, Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction, DmaAttributes attributes)
    {
        int number = NumberOf(device);
        for (int i = 0; i < entries.Length; i++)
        {
            ref readonly ScatterlistEntry entry = ref entries[i];
            Process(new MappingEvent
            {
                Kind = kind,
                Mapping = MappingKind.Sg,
                Device = number,
                ListEntries = entries.Length,
                ListSegments = entries.Length,
                ListIndex = i,
                Address = entry.DmaAddress,
                Original = entry.Address,
                Size = entry.DmaLength,
                Direction = direction,
                Attributes = attributes,
                Bounced = (entry.Flags & SgDmaFlags.BusAddress) == 0 && IsBounced(device, entry.DmaAddress, entry.Address),
                Time = Step,
            });
        }

        Step++;
    }
}
