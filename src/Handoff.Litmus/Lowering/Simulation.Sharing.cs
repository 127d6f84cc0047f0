using Handoff.Direct;
using Handoff.Litmus.Language;
using Handoff.Ownership;
using Handoff.Sharing;

namespace Handoff.Litmus.Lowering;

/// <content>dma-buf: attachments, and how each exporter maps and syncs.</content>
internal sealed partial class Simulation
{
    private readonly Dictionary<string, DmaBuf<RecordingMemory>> _buffers = []; // dma-bufs by name
    private readonly Dictionary<string, Attachment> _attachments = [];
    private readonly LayerWatch _watch;

    private void DmaBufCall(int agent, CallStatement call)
    {
        switch (call.Function)
        {
            case ApiFunction.DmaBufAttach:
                Attach(agent, call);
                break;
            case ApiFunction.DmaBufDetach:
                if (LiveAttachment(agent, call) is { } leaving)
                    Detach(agent, call, leaving);
                break;
            case ApiFunction.DmaBufMapAttachment or ApiFunction.DmaBufMapAttachmentUnlocked:
                MapAttachment(agent, call);
                break;
            case ApiFunction.DmaBufUnmapAttachment or ApiFunction.DmaBufUnmapAttachmentUnlocked:
                if (LiveAttachment(agent, call) is { } mapped)
                    UnmapAttachment(agent, call, mapped);
                break;
            case ApiFunction.DmaBufBeginCpuAccess:
                CpuSession(agent, call, call.Direction ?? DmaDirection.Bidirectional, begin: true);
                break;
            case ApiFunction.DmaBufEndCpuAccess:
                CpuSession(agent, call, call.Direction ?? DmaDirection.Bidirectional, begin: false);
                break;
            case ApiFunction.DmaBufPin or ApiFunction.DmaBufUnpin:
                if (LiveAttachment(agent, call) is not null)
                    Broken(Plain(agent, call), null, $"{call.Signature.Name}: the importer is not a dynamic one");
                break;
            default:
                KernelView(agent, call);
                break;
        }
    }

    private PhysicalStep Plain(int agent, CallStatement call)
    {
        PhysicalStep step = Add(agent, call.Signature.Name, call.Span);
        Commit(agent, _agents[agent].Steps.Count - 1);
        return step;
    }

    private DmaBufExporter<RecordingMemory> ExporterOf(MemoryObject memory) =>
        memory.Declaration?.Kind == BufferKind.Udmabuf
            ? new UdmabufExporter<RecordingMemory>(_layer, [.. memory.Runs.Select(r => new PhysicalAddress(r.Start))])
            : new HeapExporter<RecordingMemory>(_layer, CoreKind(memory.Declaration?.Heap?.Value ?? HeapKind.System), TableOf(memory.Runs));

    private static DmaHeapKind CoreKind(HeapKind heap) => heap switch
    {
        HeapKind.System => DmaHeapKind.System,
        HeapKind.SystemDma32 => DmaHeapKind.SystemDma32,
        HeapKind.SystemUncached => DmaHeapKind.SystemUncached,
        HeapKind.SystemUncachedDma32 => DmaHeapKind.SystemUncachedDma32,
        _ => DmaHeapKind.Cma,
    };

    private static SgTable TableOf(IEnumerable<(ulong Start, ulong Size)> runs) =>
        new([.. runs.Select(r => new ScatterlistEntry(new PhysicalAddress(r.Start), (uint)r.Size))]);

    private static DmaAttributes AttributesOf(DmaBufExporter<RecordingMemory> exporter) => exporter switch
    {
        HeapExporter<RecordingMemory> heap => heap.Attributes,
        UdmabufExporter<RecordingMemory> udmabuf => udmabuf.ImporterAttributes,
        _ => DmaAttributes.None,
    };

    private void Attach(int agent, CallStatement call)
    {
        string name = call.Memory!.Name.Text;
        Device device = _setup.Devices[call.DeviceName!];
        DmaBuf<RecordingMemory> buffer = _buffers[name];
        Errno refused = buffer.Attach(device, out DmaBufAttachment<RecordingMemory>? tie);
        PhysicalStep step = Plain(agent, call);
        if (refused != Errno.None)
            step.Reason = $"fails with -{refused.KernelName()}: a map would bounce: {ReasonFor(device, _setup.Objects[name].Runs, DmaDirection.Bidirectional, AttributesOf(buffer.Exporter)).Describe()}";
        Returns(step, call, refused);
        _attachments[call.Target!.Text] = new Attachment(name, device, tie);
    }

    /// <summary>The attachment that a call names; <see langword="null"/>, and a finding, if it is none (any more).</summary>
    private Attachment? LiveAttachment(int agent, CallStatement call)
    {
        string name = call.Attachment!.Name.Text;
        _attachments.TryGetValue(name, out Attachment? attachment);
        if (attachment is { Tie: not null, Detached: false })
            return attachment;
        Broken(Plain(agent, call), null, $"{call.Signature.Name}: {name} {(attachment is { Detached: true } ? "was detached" : "is not attached")}");
        return null;
    }

    private void Detach(int agent, CallStatement call, Attachment attachment)
    {
        DmaBuf<RecordingMemory> buffer = _buffers[attachment.Buffer];
        attachment.Detached = true;
        _effects.Clear();
        buffer.Detach(attachment.Tie!);
        if (attachment.Mapped is { } kept && buffer.Exporter.CachesTables)
        {
            Ended(agent, call, kept, kept.Direction, kept.Attributes, null);
            return;
        }

        PhysicalStep step = Plain(agent, call);
        if (attachment.Mapped is not null)
            Broken(step, FindingRules.Leak, "detaches while the attachment is mapped");
    }

    private void MapAttachment(int agent, CallStatement call)
    {
        string name = call.Target!.Text;
        DmaDirection direction = call.Direction ?? DmaDirection.Bidirectional;
        if (LiveAttachment(agent, call) is not { } attachment)
        {
            Device? device = _attachments.GetValueOrDefault(call.Attachment!.Name.Text)?.Device;
            _mappings[name] = new Mapping { Name = name, Device = device ?? new Device("nobody"), Direction = direction, Error = Errno.Invalid };
            return;
        }

        DmaBuf<RecordingMemory> buffer = _buffers[attachment.Buffer];
        DmaAttributes attributes = AttributesOf(buffer.Exporter);
        BounceReason reason = ReasonFor(attachment.Device, _setup.Objects[attachment.Buffer].Runs, direction, attributes);
        _effects.Clear();
        Errno error = buffer.MapAttachmentUnlocked(attachment.Tie!, direction, out SgTable? table);
        if (error == Errno.None && attachment.Mapped is { } kept && kept.Table == table && buffer.Exporter.CachesTables)
        {
            Plain(agent, call);
            _mappings[name] = kept;
            return;
        }

        var mapping = new Mapping
        {
            Name = name,
            Device = attachment.Device,
            Direction = direction,
            Attributes = attributes,
            Table = table,
            IsShared = true,
            Buffer = attachment.Buffer,
            Error = error,
        };
        if (table is not null)
            AddEntries(mapping, table.Entries);
        if (error == Errno.Busy)
            reason = BounceReason.None; // the kept table has another direction
        Begin(agent, call, mapping, reason, _effects);
        if (error == Errno.None)
            attachment.Mapped = mapping;
        _mappings[name] = mapping;
    }

    private void UnmapAttachment(int agent, CallStatement call, Attachment attachment)
    {
        if (attachment.Mapped is not { } mapping)
        {
            Broken(Plain(agent, call), FindingRules.UnknownUnmap, "unmaps an attachment that is not mapped");
            return;
        }

        DmaBuf<RecordingMemory> buffer = _buffers[attachment.Buffer];
        DmaDirection direction = call.Direction ?? mapping.Direction;
        _effects.Clear();
        buffer.UnmapAttachmentUnlocked(attachment.Tie!, mapping.Table!, direction);
        if (buffer.Exporter.CachesTables)
        {
            Plain(agent, call);
            return;
        }

        Ended(agent, call, mapping, direction, mapping.Attributes, null);
        attachment.Mapped = null;
    }

    private void SyncIoctl(int agent, CallStatement call)
    {
        DmaBufSyncFlags flags = call.SyncFlags;
        bool read = flags.HasFlag(DmaBufSyncFlags.Read), write = flags.HasFlag(DmaBufSyncFlags.Write);
        if (!read && !write)
        {
            Returns(Plain(agent, call), call, Errno.Invalid);
            return;
        }

        DmaDirection direction = read && write ? DmaDirection.Bidirectional : read ? DmaDirection.FromDevice : DmaDirection.ToDevice;
        CpuSession(agent, call, direction, begin: !flags.HasFlag(DmaBufSyncFlags.End));
    }

    private void CpuSession(int agent, CallStatement call, DmaDirection direction, bool begin)
    {
        string name = call.Memory!.Name.Text;
        DmaBuf<RecordingMemory> buffer = _buffers[name];
        int first = _agents[agent].Steps.Count, taken = 0;
        _effects.Clear();
        _watch.Calls.Clear();
        Errno error = begin ? buffer.BeginCpuAccess(direction) : buffer.EndCpuAccess(direction);
        foreach (LayerCall made in _watch.Calls.ToArray())
        {
            List<MemoryEffect> effects = _effects[taken..made.EffectsEnd];
            taken = made.EffectsEnd;
            Mapping? own = made.Mapping ?? _allMappings.LastOrDefault(m => m.IsExportersOwn && m.Device == made.Device);
            if (own is not null)
                Synced(agent, call, own, direction, begin, 0, own.Size, effects);
            else
                MapForExporter(agent, call, name, made, direction, effects);
        }

        List<PhysicalStep> rest = taken < _effects.Count || _agents[agent].Steps.Count == first ? AddEffects(agent, call, _effects[taken..]) : [];
        if (rest.Count > 0)
            Commit(agent, _agents[agent].Steps.Count - rest.Count);
        Returns(_agents[agent].Steps[^1], call, error);
        if (error != Errno.None)
            return;

        Session(agent, name, direction, begin);

        // In the eyes of the API the buffer is the CPU's from begin to end, whatever the exporter did.
        int last = _agents[agent].Steps.Count;
        foreach (Mapping mapping in buffer.Attachments.Select(MappingOf).OfType<Mapping>())
        {
            if (!begin && !mapping.Owned.Exists(o => o.Window.IsOpen))
                mapping.Owned.Add((0, ulong.MaxValue, new OpenWindow(agent, last)));
            foreach ((ulong _, ulong _, OpenWindow window) in mapping.Owned.Where(o => begin && o.Window.IsOpen))
                window.Close(agent, last);
        }
    }

    private void Session(int agent, string name, DmaDirection direction, bool begin)
    {
        int steps = _agents[agent].Steps.Count;
        if (begin)
            _sessions.Add((name, direction, new OpenWindow(agent, steps)));
        else if (_sessions.FindLastIndex(s => s.Buffer == name && s.Window.IsOpen) is >= 0 and var last)
            _sessions[last].Window.Close(agent, steps);
    }

    private Mapping? MappingOf(DmaBufAttachment<RecordingMemory> tie) =>
        tie.Mapped is { } table ? _allMappings.FindLast(m => m.Table == table && !m.Released) : null;

    /// <summary>udmabuf maps its own device with the first begin, and syncs that instead of the importers.</summary>
    private void MapForExporter(int agent, CallStatement call, string name, LayerCall made, DmaDirection direction, List<MemoryEffect> effects)
    {
        var own = new Mapping
        {
            Name = $"{name} (the exporter's own mapping)",
            Device = made.Device,
            Direction = direction,
            IsShared = true,
            IsExportersOwn = true,
        };
        AddEntries(own, made.Entries);
        Begin(agent, call, own, ReasonFor(made.Device, own.Entries.Select(e => (e.Original, e.Size)), direction, DmaAttributes.None), effects);
        foreach ((ulong _, ulong _, OpenWindow window) in own.Owned)
            window.Close(agent, 0);
    }

    private void KernelView(int agent, CallStatement call)
    {
        DmaBuf<RecordingMemory> buffer = _buffers[call.Memory!.Name.Text];
        PhysicalStep step = Plain(agent, call);
        buffer.Reservation.Lock();
        if (call.Function == ApiFunction.DmaBufVmap)
            buffer.Vmap();
        else if (buffer.IsVmapped)
            buffer.Vunmap();
        else
            Broken(step, null, $"{call.Signature.Name}: there is no kernel mapping");
        buffer.Reservation.Unlock();
    }
}
