using Handoff.Direct;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Lowering;

/// <content>Calls of the DMA API.</content>
internal sealed partial class Simulation
{
    private void Call(int agent, CallStatement call)
    {
        switch (call.Signature.Kind)
        {
            case ApiKind.Map:
                MapOne(agent, call);
                break;
            case ApiKind.MapList:
                MapList(agent, call);
                break;
            case ApiKind.Unmap or ApiKind.UnmapList:
                Unmap(agent, call);
                break;
            case ApiKind.Sync:
                Sync(agent, call);
                break;
            case ApiKind.Query:
                if (call.Function == ApiFunction.DmaMappingError && call.Handle is { } asked && _mappings.TryGetValue(asked.Name.Text, out Mapping? mapping))
                {
                    mapping.Unchecked = false;
                    if (call.Target is { } target)
                        _values[target.Text] = mapping.Error;
                }

                break;
            case ApiKind.Mask:
                SetMask(agent, call);
                break;
            case ApiKind.Allocate:
                Allocate(agent, call);
                break;
            case ApiKind.Release:
                Release(agent, call);
                break;
            case ApiKind.DmaBuf:
                DmaBufCall(agent, call);
                break;
            case ApiKind.User:
                SyncIoctl(agent, call);
                break;
            default:
                FreeBuffer(agent, call);
                break;
        }
    }

    private void MapOne(int agent, CallStatement call)
    {
        Device device = _setup.Devices[call.DeviceName!];
        DmaDirection direction = call.Direction ?? DmaDirection.Bidirectional;
        MemoryObject memory = _setup.Objects[call.Memory!.Name.Text];
        (ulong from, ulong to) = Range(call.Memory, memory.Size, memory.Declaration);
        from += call.Offset ?? 0;
        ulong size = call.Size ?? to - from;
        ulong original = memory.Start + from;
        var mapping = new Mapping { Name = call.Target?.Text ?? memory.Name, Device = device, Direction = direction, Attributes = call.Attributes, Unchecked = true };
        var physical = new PhysicalAddress(original);
        BounceReason reason = _layer.ReasonToBounce(device, physical, size, direction, call.Attributes);
        _effects.Clear();
        DmaAddress address = call.Function switch
        {
            ApiFunction.DmaMapResource => _layer.MapResource(device, physical, size, direction, call.Attributes),
            ApiFunction.DmaMapSingle or ApiFunction.DmaMapSingleAttrs when memory.Declaration?.Kind == BufferKind.Vmalloc => _layer.MapSingle(
                device, new VirtualAddress(_setup.Machine.VmallocStart + original % (1UL << 32)), size, direction, call.Attributes),
            _ => _layer.MapPhys(device, physical, size, direction, call.Attributes),
        };
        if (address.IsMapped)
        {
            PhysicalAddress reached = call.Function == ApiFunction.DmaMapResource ? physical : _layer.Rules.ToPhysical(device, address);
            mapping.Entries.Add((reached.Value, original, size, address));
        }
        else
        {
            mapping.Error = _layer.MappingError(device, address);
        }

        List<PhysicalStep> steps = Begin(agent, call, mapping, reason, _effects);
        if (memory.Declaration?.Kind == BufferKind.Stack)
            Broken(steps[0], $"maps {memory.Name}, which is on the stack");
        if (call.Target is { } target)
            _mappings[target.Text] = mapping;
    }

    private void MapList(int agent, CallStatement call)
    {
        Device device = _setup.Devices[call.DeviceName!];
        string name = call.Memory!.Name.Text;
        List<(ulong Start, ulong Size)> runs = _test.List(name) is { } list
            ? [.. list.Entries.SelectMany(RunsOf)]
            : [.. RunsOf(call.Memory)];
        DmaDirection direction = call.Direction ?? DmaDirection.Bidirectional;
        SgTable table = TableOf(runs);
        var mapping = new Mapping { Name = call.Target?.Text ?? name, Device = device, Direction = direction, Attributes = call.Attributes, Table = table };
        BounceReason reason = ReasonFor(device, runs, direction, call.Attributes);
        _effects.Clear();
        mapping.Error = _layer.MapSgTable(device, table, direction, call.Attributes);
        if (mapping.Error == Errno.None)
            AddEntries(mapping, table.Entries);
        List<PhysicalStep> steps = Begin(agent, call, mapping, reason, _effects);
        DeviceDeclaration limits = _test.Devices.First(d => d.Name.Text == call.DeviceName);
        if (limits.MaxSegment is { } longest && mapping.Entries.Exists(e => e.Size > longest.Value))
            Broken(steps[0], $"maps an entry that is longer than the {longest.Value} bytes that {device.Name} claims to take");
        if (limits.Boundary is { } boundary && mapping.Entries.Exists(e => ((e.Address.Value ^ (e.Address.Value + e.Size - 1)) & ~boundary.Value) != 0))
            Broken(steps[0], $"maps an entry that crosses a segment boundary of {device.Name}");
        if (call.ResultName is { } result)
            _mappings[result] = mapping;
        _mappings[name] = mapping;
    }

    private IEnumerable<(ulong Start, ulong Size)> RunsOf(Place place)
    {
        MemoryObject memory = _setup.Objects[place.Name.Text];
        (ulong from, ulong to) = Range(place, memory.Size, memory.Declaration);
        return MemoryObject.Slice(memory.Runs, from, to);
    }

    private BounceReason ReasonFor(Device device, IEnumerable<(ulong Start, ulong Size)> runs, DmaDirection direction, DmaAttributes attributes) =>
        runs.Select(r => _layer.ReasonToBounce(device, new PhysicalAddress(r.Start), r.Size, direction, attributes)).FirstOrDefault(r => r != BounceReason.None);

    private void AddEntries(Mapping mapping, ReadOnlySpan<ScatterlistEntry> entries)
    {
        foreach (ref readonly ScatterlistEntry entry in entries)
            mapping.Entries.Add((_layer.Rules.ToPhysical(mapping.Device, entry.DmaAddress).Value, entry.Address.Value, entry.Length, entry.DmaAddress));
    }

    /// <summary>The steps of a map: the decision (and slots) with the first effect.</summary>
    private List<PhysicalStep> Begin(int agent, CallStatement call, Mapping mapping, BounceReason reason, List<MemoryEffect> effects)
    {
        int first = _agents[agent].Steps.Count;
        List<PhysicalStep> steps = AddEffects(agent, call, effects);
        steps[0].Reason = mapping.Error != Errno.None ? $"fails with -{mapping.Error.KernelName()}{WhyFailed(mapping, reason)}"
            : reason == BounceReason.None ? null : $"bounces: {reason.Describe()}";
        Fails(steps[0], call, mapping.Error);
        Commit(agent, first);
        _bounces.AddRange(mapping.Entries.Where(e => e.Reached != e.Original).Select(e => (e.Reached, e.Size)));
        if (!mapping.IsShared && _allMappings.Exists(m => !m.IsShared && !m.IsCoherentMemory && !m.Released && SharesLine(m, mapping)))
            Broken(steps[0], $"{mapping.Name} shares a cache line with another live mapping");
        _allMappings.Add(mapping);
        mapping.Live.Add(new OpenWindow(agent, first + steps.Count));
        mapping.Owned.Add((0, ulong.MaxValue, new OpenWindow(agent, first + 1)));
        return steps;
    }

    private string WhyFailed(Mapping mapping, BounceReason reason)
    {
        if (reason != BounceReason.None)
            return $": {reason.Describe()}";
        bool refused = (mapping.Attributes & DmaAttributes.RequireCoherent) != 0 && _kernel.Switches.RequireCoherent && !_layer.Rules.IsCoherent(mapping.Device);
        return refused ? ": REQUIRE_COHERENT, and the device does not snoop" : "";
    }

    /// <summary>Two mappings of one line cannot both be owned, unless devices only read it.</summary>
    private bool SharesLine(Mapping a, Mapping b)
    {
        if (a.Direction == DmaDirection.ToDevice && b.Direction == DmaDirection.ToDevice)
            return false;
        ulong line = _setup.Machine.CacheLineSize;
        return a.Entries.Exists(x => b.Entries.Exists(y =>
            x.Original / line <= (y.Original + y.Size - 1) / line && y.Original / line <= (x.Original + x.Size - 1) / line));
    }

    private void Unmap(int agent, CallStatement call)
    {
        string name = call.Handle!.Name.Text;
        if (!_mappings.TryGetValue(name, out Mapping? mapping) || mapping.Released || mapping.Error != Errno.None)
        {
            Broken(Add(agent, call.Signature.Name, call.Span), $"{call.Signature.Name}: {name} is not mapped");
            return;
        }

        EndMapping(agent, call, mapping, call.Direction ?? mapping.Direction, call.Attributes, call.Size);
    }

    private void EndMapping(int agent, CallStatement call, Mapping mapping, DmaDirection direction, DmaAttributes attributes, ulong? size)
    {
        ulong moved = mapping.Table is null ? call.Handle!.Start?.Value ?? 0 : 0;
        _effects.Clear();
        if (mapping.Table is { } table)
            _layer.UnmapSgTable(mapping.Device, table, direction, attributes);
        else if (call.Function == ApiFunction.DmaUnmapResource)
            _layer.UnmapResource(mapping.Device, mapping.Entries[0].Address, size ?? mapping.Size, direction, attributes);
        else if (moved == 0)
            _layer.UnmapPhys(mapping.Device, mapping.Entries[0].Address, size ?? mapping.Size, direction, attributes);
        else
            UnmapElsewhere(mapping, moved, size, direction, attributes);
        PhysicalStep first = Ended(agent, call, mapping, direction, attributes, size);
        if (moved != 0)
            Broken(first, $"unmaps {mapping.Name} at {moved} bytes after the address that was mapped");
    }

    /// <summary>An address inside the mapping is unmapped: what lies from there on is handed over, and the slots are released.</summary>
    private void UnmapElsewhere(Mapping mapping, ulong moved, ulong? size, DmaDirection direction, DmaAttributes attributes)
    {
        DmaAddress start = mapping.Entries[0].Address;
        ulong rest = mapping.Size > moved ? Math.Min(size ?? mapping.Size, mapping.Size - moved) : 0;
        if (rest > 0 && (attributes & DmaAttributes.SkipCpuSync) == 0)
            _layer.SyncSingleForCpu(mapping.Device, start + moved, rest, direction);
        _layer.UnmapPhys(mapping.Device, start, mapping.Size, direction, attributes | DmaAttributes.SkipCpuSync);
    }

    /// <summary>The steps of an unmap that the layer has just done, and the rules it may break.</summary>
    private PhysicalStep Ended(int agent, CallStatement call, Mapping mapping, DmaDirection direction, DmaAttributes attributes, ulong? size)
    {
        int first = _agents[agent].Steps.Count;
        List<PhysicalStep> steps = AddEffects(agent, call, _effects);
        List<MemoryEffect> released = [.. mapping.Entries.Where(e => e.Reached != e.Original)
            .Select(e => new MemoryEffect(EffectKind.Release, e.Reached, e.Size, e.Original))];
        if (released.Count > 0)
        {
            PhysicalStep release = Add(agent, "releases the slots", call.Span);
            release.Effects.AddRange(released);
            steps.Add(release);
        }

        if (size is { } given && mapping.Table is null && given != mapping.Size)
            Broken(steps[0], $"unmaps {given} bytes of {mapping.Name}; {mapping.Size} were mapped");
        if (direction != mapping.Direction)
            Broken(steps[0], $"unmaps {mapping.Name} with another direction than it was mapped with");
        if (!mapping.IsShared && (call.Signature.Kind == ApiKind.UnmapList) != (mapping.Table is not null))
            Broken(steps[0], $"{call.Signature.Name} does not end what mapped {mapping.Name}");
        if (mapping.Table is not null && call.Count is { } count && count != (ulong)mapping.Entries.Count)
            Broken(steps[0], $"unmaps {count} entries of {mapping.Name}; {mapping.Entries.Count} were mapped");
        if (!mapping.IsShared && (attributes & DmaAttributes.SkipCpuSync) != 0 && direction != DmaDirection.ToDevice
            && mapping.Owned.Exists(o => o.Window.IsOpen))
        {
            _notGivenBack.Add((steps[0], mapping, [.. mapping.Owned.Where(o => o.Window.IsOpen).Select(o => (o.From, o.To))]));
        }

        if (mapping.Unchecked)
            Broken(steps[0], $"nobody asked whether mapping {mapping.Name} failed");
        Commit(agent, _agents[agent].Steps.Count - 1);
        mapping.Released = true;
        foreach (OpenWindow window in mapping.Live.Where(w => w.IsOpen))
            window.Close(agent, first + 1);
        foreach ((ulong _, ulong _, OpenWindow window) in mapping.Owned.Where(o => o.Window.IsOpen))
            window.Close(agent, first + steps.Count);
        return steps[0];
    }

    private void Sync(int agent, CallStatement call)
    {
        string name = call.Handle!.Name.Text;
        if (!_mappings.TryGetValue(name, out Mapping? mapping) || mapping.Released || mapping.Error != Errno.None)
        {
            Broken(Add(agent, call.Signature.Name, call.Span), $"{call.Signature.Name}: {name} is not mapped");
            return;
        }

        bool forCpu = call.Function is ApiFunction.DmaSyncSingleForCpu or ApiFunction.DmaSyncSingleRangeForCpu
            or ApiFunction.DmaSyncSgForCpu or ApiFunction.DmaSyncSgtableForCpu;
        (ulong from, ulong to) = Range(call.Handle, mapping.Size, null);
        from += call.Offset ?? 0;
        to = call.Size is { } size ? from + size : to;
        SyncMapping(agent, call, mapping, call.Direction ?? mapping.Direction, forCpu, from, to);
    }

    private void SyncMapping(int agent, CallStatement call, Mapping mapping, DmaDirection direction, bool forCpu, ulong from, ulong to)
    {
        _effects.Clear();
        if (mapping.Table is { } table)
        {
            if (forCpu)
                _layer.SyncSgTableForCpu(mapping.Device, table, direction);
            else
                _layer.SyncSgTableForDevice(mapping.Device, table, direction);
        }
        else if (forCpu)
        {
            _layer.SyncSingleForCpu(mapping.Device, mapping.Entries[0].Address + from, to - from, direction);
        }
        else
        {
            _layer.SyncSingleForDevice(mapping.Device, mapping.Entries[0].Address + from, to - from, direction);
        }

        Synced(agent, call, mapping, direction, forCpu, from, to, _effects);
    }

    /// <summary>The steps of a sync that the layer has just done, and what it does to ownership.</summary>
    private void Synced(
        int agent, CallStatement call, Mapping mapping, DmaDirection direction, bool forCpu, ulong from, ulong to, List<MemoryEffect> effects)
    {
        int first = _agents[agent].Steps.Count;
        List<PhysicalStep> steps = AddEffects(agent, call, effects);
        if (to > mapping.Size)
            Broken(steps[0], $"syncs beyond the {mapping.Size} bytes of {mapping.Name}");
        if (mapping.Direction != DmaDirection.Bidirectional && direction != mapping.Direction)
            Broken(steps[0], $"syncs {mapping.Name} with another direction than it was mapped with");
        Commit(agent, _agents[agent].Steps.Count - 1);
        if (!forCpu)
        {
            mapping.Owned.Add((from, to, new OpenWindow(agent, first + 1)));
            return;
        }

        // What was handed back is the CPU's now; the rest of an owned range stays with the device.
        foreach ((ulong ownedFrom, ulong ownedTo, OpenWindow window) in mapping.Owned.Where(o => o.Window.IsOpen && o.From < to && from < o.To).ToArray())
        {
            window.Close(agent, first + steps.Count);
            if (ownedFrom < from)
                mapping.Owned.Add((ownedFrom, from, new OpenWindow(agent, first + steps.Count)));
            if (to < Math.Min(ownedTo, mapping.Size))
                mapping.Owned.Add((to, ownedTo, new OpenWindow(agent, first + steps.Count)));
        }
    }

    private void SetMask(int agent, CallStatement call)
    {
        Device device = _setup.Devices[call.DeviceName!];
        Errno result = call.Function switch
        {
            ApiFunction.DmaSetMask => _layer.SetMask(device, call.Mask ?? 0),
            ApiFunction.DmaSetCoherentMask => _layer.SetCoherentMask(device, call.Mask ?? 0),
            _ => _layer.SetMaskAndCoherent(device, call.Mask ?? 0),
        };
        int first = _agents[agent].Steps.Count;
        PhysicalStep step = Add(agent, call.Signature.Name, call.Span);
        Commit(agent, first);
        Returns(step, call, result);
    }
}
