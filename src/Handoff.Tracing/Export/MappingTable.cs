using Handoff.Ownership;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Export;

/// <summary>Every mapping, segment of a list and allocation from its beginning to its end, and those that failed.</summary>
internal sealed class MappingTable : ExportTable
{
    private readonly RecordingReader _reader;
    private readonly BigintColumn _time, _end, _lifetime, _size, _attributes, _physical, _dma;
    private readonly TextColumn _device, _kind, _direction, _state, _reason, _task;
    private readonly IntegerColumn _entries, _index, _cpu;
    private readonly BooleanColumn _bounced;

    internal MappingTable(string recording, RecordingReader reader)
        : base("mappings", recording)
    {
        _reader = reader;
        _device = Text("device");
        _kind = Text("kind");
        _state = Text("state");
        _time = Bigint("ts");
        _end = Bigint("end_ts");
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

    /// <summary>Adds one that began.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="device">Its device's name.</param>
    /// <param name="state">What became of it: <c>released</c>, <c>live</c> or <c>lost</c>.</param>
    /// <param name="end">When it ended, if it did.</param>
    /// <param name="start">What is known of its beginning besides.</param>
    internal void Add(in LiveMapping mapping, string device, string state, long? end, in MappingStart start)
    {
        _device.Add(device);
        _kind.Add(ExportWords.Of(mapping.Mapping));
        _state.Add(state);
        _time.Add(mapping.Time);
        _end.Add(end);
        _lifetime.Add(end is { } until ? Math.Max(0, until - mapping.Time) : null);
        _direction.Add(ExportWords.Of(mapping.Direction));
        _size.Add(mapping.Size);
        _dma.AddAddress(mapping.Address.Value);
        _physical.AddAddress(mapping.Original.Value);
        _attributes.Add((long)mapping.Attributes);
        _bounced.Add(mapping.Bounced);
        _reason.Add(mapping.Bounced ? start.Predicate.Word() : null);
        bool isList = mapping.Mapping == MappingKind.Sg;
        _entries.Add(isList ? mapping.ListEntries : null);
        _index.Add(isList ? start.ListIndex : null);
        _cpu.Add(MappingFollower.CpuOf(mapping.Tag));
        _task.Add(Task(MappingFollower.TaskOf(mapping.Tag)));
        EndRow();
    }

    /// <summary>Adds one that failed. Its list's entries are not known if no event tells them.</summary>
    internal void AddFailed(in MappedBuffer buffer, string device, BouncePredicate? predicate)
    {
        _device.Add(device);
        _kind.Add(ExportWords.Of(buffer.Kind));
        _state.Add("failed");
        _time.Add(buffer.Time);
        _end.Add(null);
        _lifetime.Add(null);
        _direction.Add(buffer.HasDirection ? ExportWords.Of(buffer.Direction) : null);
        _size.Add(buffer.Size);
        _dma.Add(null);
        _physical.AddAddress(buffer.Original);
        _attributes.Add((long)buffer.Attributes);
        _bounced.Add(false);
        _reason.Add(predicate?.Word());
        bool isList = buffer.Kind == MappingKind.Sg;
        _entries.Add(isList && buffer.ListEntries > 0 ? buffer.ListEntries : null);
        _index.Add(isList && buffer.ListEntries > 0 ? buffer.ListIndex : null);
        _cpu.Add(buffer.Cpu);
        _task.Add(Task(buffer.Task));
        EndRow();
    }

    private string? Task(int task) => task > 0 && task < _reader.Tasks.Count ? _reader.Tasks[task] : null;
}
