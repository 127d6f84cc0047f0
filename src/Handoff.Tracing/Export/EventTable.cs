using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Export;

/// <summary>Every event, evened out over kernels and formats. Entries of lists have a table of their own.</summary>
internal sealed class EventTable : ExportTable
{
    private readonly NumberColumn _id, _time, _size, _attributes, _physical, _dma, _mask;
    private readonly TextColumn _name, _kind, _task, _context, _device, _direction, _text;
    private readonly NumberColumn _cpu, _pid, _entries, _allEntries;
    private readonly NumberColumn _failed, _forced;

    internal EventTable(string recording)
        : base("events", recording)
    {
        _id = Series("event_id");
        _time = Series("ts");
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
        _name.Add(e.EventType, reader.EventNames);
        _kind.Add((int)e.Kind, DmaEventKindNames.Of(e.Kind));
        _cpu.Add(e.Cpu);
        _pid.Add(e.Pid);
        _task.Add(e.Task, reader.Tasks);
        _context.Add((int)e.Context, e.Context switch
        {
            EventContext.Task => "task",
            EventContext.SoftInterrupt => "softirq",
            EventContext.HardInterrupt => "hardirq",
            EventContext.NonMaskableInterrupt => "nmi",
            _ => null,
        });
        _device.Add(e.Device, reader.Devices);
        _direction.Add(e.Direction, e.HasDirection);
        if (hasAddress && !isBounce)
            _attributes.Add((ulong)e.Attributes);
        else
            _attributes.AddMissing();
        if (isList)
            _size.Add(LengthOf(e));
        else if (e.Kind is DmaEventKind.Unknown or DmaEventKind.Marker)
            _size.AddMissing();
        else
            _size.Add(e.Size);
        if (isMap || isBounce)
            _physical.AddAddress(isBounce ? e.BouncedAddress : e.PhysicalAddress.Value);
        else
            _physical.AddMissing();
        if (hasAddress && !isBounce && !isList)
            _dma.AddAddress(e.DmaAddress.Value);
        else
            _dma.AddMissing();
        if (isMap || isAllocation || e.Kind is DmaEventKind.MapSg or DmaEventKind.MapSgErr)
            _failed.Add(isMap ? !e.DmaAddress.IsMapped : isAllocation ? e.Kind == DmaEventKind.AllocSgtErr || e.VirtualAddress.Value == 0 : e.Kind == DmaEventKind.MapSgErr);
        else
            _failed.AddMissing();
        int entries = Math.Max(e.PhysicalAddresses.Length, e.DmaAddresses.Length);
        if (isList || entries > 0)
            _entries.Add(entries);
        else
            _entries.AddMissing();
        if (e.Kind == DmaEventKind.MapSg)
            _allEntries.Add(e.FullNents);
        else
            _allEntries.AddMissing();
        if (isBounce)
        {
            _mask.Add(e.DmaMask);
            _forced.Add(e.IsForced);
        }
        else
        {
            _mask.AddMissing();
            _forced.AddMissing();
        }

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
