using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Export;

/// <summary>Every event, evened out over kernels and formats. Entries of lists have a table of their own.</summary>
internal sealed class EventTable : ExportTable
{
    private readonly BigintColumn _id, _time, _size, _attributes, _physical, _dma, _mask;
    private readonly TextColumn _name, _kind, _task, _context, _device, _direction, _text;
    private readonly IntegerColumn _cpu, _pid, _entries, _allEntries;
    private readonly BooleanColumn _failed, _forced;

    internal EventTable(string recording)
        : base("events", recording)
    {
        _id = Bigint("event_id");
        _time = Bigint("ts");
        _name = Text("event");
        _kind = Text("kind");
        _cpu = Integer("cpu");
        _pid = Integer("pid");
        _task = Text("task");
        _context = Text("context");
        _device = Text("device");
        _direction = Text("direction");
        _attributes = Bigint("attributes");
        _size = Bigint("bytes");
        _physical = Bigint("physical_address");
        _dma = Bigint("dma_address");
        _failed = Boolean("failed");
        _entries = Integer("entries");
        _allEntries = Integer("all_entries");
        _mask = Bigint("dma_mask");
        _forced = Boolean("forced");
        _text = Text("text");
    }

    internal void Add(RecordingReader reader, in DmaEvent e, long id)
    {
        bool isMap = e.Kind is DmaEventKind.MapPage or DmaEventKind.MapResource;
        bool isBounce = e.Kind == DmaEventKind.SwiotlbBounced;
        bool isList = e.Kind is DmaEventKind.MapSg or DmaEventKind.UnmapSg or DmaEventKind.MapSgErr or DmaEventKind.SyncSgForCpu or DmaEventKind.SyncSgForDevice;
        bool isAllocation = e.Kind is DmaEventKind.Alloc or DmaEventKind.AllocPages or DmaEventKind.AllocSgtErr;
        bool hasAddress = e.Kind > DmaEventKind.LostEvents && !e.IsDmaBuf;
        _id.Add(id);
        _time.Add(e.Time);
        _name.Add(e.Kind == DmaEventKind.Unknown && e.EventType == 0 ? null : reader.EventName(e));
        _kind.Add(DmaEventKindNames.Of(e.Kind));
        _cpu.Add(e.Cpu);
        _pid.Add(e.Pid);
        _task.Add(reader.TaskName(e));
        _context.Add(e.Context switch
        {
            EventContext.Task => "task",
            EventContext.SoftInterrupt => "softirq",
            EventContext.HardInterrupt => "hardirq",
            EventContext.NonMaskableInterrupt => "nmi",
            _ => null,
        });
        _device.Add(reader.DeviceName(e));
        _direction.Add(e.HasDirection ? ExportWords.Of(e.Direction) : null);
        _attributes.Add(hasAddress && !isBounce ? (long)e.Attributes : null);
        _size.Add(isList ? LengthOf(e) : e.Kind is DmaEventKind.Unknown or DmaEventKind.Marker ? null : unchecked((long)e.Size));
        if (isMap || isBounce)
            _physical.AddAddress(isBounce ? e.BouncedAddress : e.PhysicalAddress.Value);
        else
            _physical.Add(null);
        if (hasAddress && !isBounce && !isList)
            _dma.AddAddress(e.DmaAddress.Value);
        else
            _dma.Add(null);
        _failed.Add(isMap ? !e.DmaAddress.IsMapped
            : e.Kind is DmaEventKind.MapSgErr or DmaEventKind.AllocSgtErr || (isAllocation && e.VirtualAddress.Value == 0) ? true
            : e.Kind == DmaEventKind.MapSg || isAllocation ? false : null);
        _entries.Add(isList ? Math.Max(e.PhysicalAddresses.Length, e.DmaAddresses.Length) : null);
        _allEntries.Add(e.Kind == DmaEventKind.MapSg ? e.FullNents : null);
        if (isBounce)
            _mask.Add(e.DmaMask);
        else
            _mask.Add(null);
        _forced.Add(isBounce ? e.IsForced : null);
        _text.Add(e.Kind == DmaEventKind.Marker ? RecordingReader.TextOf(e) : null);
        EndRow();
    }

    private static long? LengthOf(in DmaEvent e)
    {
        if (e.Lengths.IsEmpty)
            return null;
        long sum = 0;
        foreach (uint length in e.Lengths)
            sum += length;
        return sum;
    }
}
