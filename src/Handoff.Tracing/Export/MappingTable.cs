using Handoff.Ownership;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Export;

/// <summary>Every mapping, segment of a list and allocation from its beginning to its end, and those that failed.</summary>
internal sealed class MappingTable : ExportTable
{
    private readonly RecordingReader _reader;
    private readonly NumberColumn _time, _end, _lifetime, _size, _attributes, _physical, _dma;
    private readonly TextColumn _device, _driver, _kind, _direction, _state, _reason, _task;
    private readonly NumberColumn _entries, _index, _cpu;
    private readonly NumberColumn _bounced;

    internal MappingTable(string recording, RecordingReader reader)
        : base("mappings", recording)
    {
        _reader = reader;
        _device = Text("device");
        _driver = Text("driver");
        _kind = Text("kind");
        _state = Text("state");
        _time = Series("ts");
        _end = Series("end_ts");
        _lifetime = Bigint("lifetime");
        _direction = Text("direction");
        _size = Bigint("bytes");
        _dma = Bigint("dma_address");
        _physical = Bigint("physical_address");
        _attributes = Bigint("attributes");
        _bounced = Boolean("bounced");
        _reason = Text("bounce_reason");
        _entries = Integer("list_entries");
        _index = Integer("list_index");
        _cpu = Integer("cpu");
        _task = Text("task");
    }

    /// <summary>What is known of the machine.</summary>
    internal MachineFacts? Facts { get; set; }

    /// <summary>Adds one that began.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="device">Its device's name.</param>
    /// <param name="state">What became of it: anything but failed.</param>
    /// <param name="end">When it ended, if it did.</param>
    /// <param name="start">What is known of its beginning besides.</param>
    internal void Add(in LiveMapping mapping, string device, MappingState state, long? end, in MappingStart start)
    {
        AddDevice(mapping.Device, device);
        _kind.Add(mapping.Mapping);
        Add(state);
        _time.Add(mapping.Time);
        _end.Add(end);
        _lifetime.Add(end is { } until ? Math.Max(0, until - mapping.Time) : (long?)null);
        _direction.Add(mapping.Direction);
        _size.Add(mapping.Size);
        _dma.AddAddress(mapping.Address.Value);
        _physical.AddAddress(mapping.Original.Value);
        _attributes.Add((long)mapping.Attributes);
        _bounced.Add(mapping.Bounced);
        Add(mapping.Bounced ? start.Predicate : null);
        bool isList = mapping.Mapping == MappingKind.Sg;
        _entries.Add(isList ? mapping.ListEntries : (long?)null);
        _index.Add(isList ? start.ListIndex : (long?)null);
        _cpu.Add(MappingFollower.CpuOf(mapping.Tag));
        _task.Add(MappingFollower.TaskOf(mapping.Tag), _reader.Tasks);
        EndRow();
    }

    /// <summary>Adds one that failed. Its list's entries are not known if no event tells them.</summary>
    internal void AddFailed(in MappedBuffer buffer, string device, BouncePredicate? predicate)
    {
        AddDevice(buffer.Device, device);
        _kind.Add(buffer.Kind);
        Add(MappingState.Failed);
        _time.Add(buffer.Time);
        _end.AddMissing();
        _lifetime.AddMissing();
        _direction.Add(buffer.Direction, buffer.HasDirection);
        _size.Add(buffer.Size);
        _dma.AddMissing();
        _physical.AddAddress(buffer.Original);
        _attributes.Add((long)buffer.Attributes);
        _bounced.Add(false);
        Add(predicate);
        bool isList = buffer.Kind == MappingKind.Sg;
        _entries.Add(isList && buffer.ListEntries > 0 ? buffer.ListEntries : (long?)null);
        _index.Add(isList && buffer.ListEntries > 0 ? buffer.ListIndex : (long?)null);
        _cpu.Add(buffer.Cpu);
        _task.Add(buffer.Task, _reader.Tasks);
        EndRow();
    }

    private void AddDevice(int id, string name)
    {
        _device.Add(id, name);
        if (!_driver.TryAdd(id))
            _driver.Add(id, Facts?.PciDevices.FirstOrDefault(pci => pci.Name == name && pci.Driver != "-")?.Driver);
    }

    private void Add(MappingState state) => _state.Add((int)state, state switch
    {
        MappingState.Released => "released",
        MappingState.Live => "live",
        MappingState.Failed => "failed",
        _ => "lost",
    });

    private void Add(BouncePredicate? reason) => _reason.Add(reason is { } known ? 1 + (int)known : 0, reason?.Word());
}
