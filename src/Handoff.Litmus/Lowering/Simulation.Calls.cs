using Handoff.Direct;
using Handoff.Litmus.Language;
using Handoff.Litmus.Model;

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
            ApiFunction.DmaMapSingle or ApiFunction.DmaMapSingleAttrs => _layer.MapSingle(
                device,
                memory.Declaration?.Kind == BufferKind.Vmalloc ? new VirtualAddress(_setup.Machine.VmallocStart + original % (1UL << 32)) : _setup.Machine.ToVirtual(physical),
                size, direction, call.Attributes),
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

        List<PhysicalStep> steps = Begin(agent, call, mapping, reason);
        if (memory.Declaration?.Kind == BufferKind.Stack)
            Raise(steps[0], Verdicts.Contract, Verdict.Contract, $"maps {memory.Name}, which is on the stack");
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
        Mapping mapping = MapTable(agent, call, device, call.Target?.Text ?? name, runs, call.Direction ?? DmaDirection.Bidirectional, call.Attributes);
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

    private Mapping MapTable(
        int agent, CallStatement call, Device device, string name, List<(ulong Start, ulong Size)> runs, DmaDirection direction,
        DmaAttributes attributes)
    {
        var table = new SgTable([.. runs.Select(r => new ScatterlistEntry(new PhysicalAddress(r.Start), checked((uint)r.Size)))]);
        var mapping = new Mapping { Name = name, Device = device, Direction = direction, Attributes = attributes, Table = table, IsShared = call.Signature.Kind != ApiKind.MapList };
        BounceReason reason = runs.Select(r => _layer.ReasonToBounce(device, new PhysicalAddress(r.Start), r.Size, direction, attributes))
            .FirstOrDefault(r => r != BounceReason.None);
        _effects.Clear();
        mapping.Error = _layer.MapSgTable(device, table, direction, attributes);
        if (mapping.Error == Errno.None)
        {
            foreach (ScatterlistEntry entry in table.Entries)
            {
                mapping.Entries.Add((_layer.Rules.ToPhysical(device, entry.DmaAddress).Value, entry.Address.Value, entry.Length, entry.DmaAddress));
            }
        }

        Begin(agent, call, mapping, reason);
        return mapping;
    }

    /// <summary>The steps of a map: the decision (and slots) with the first effect.</summary>
    private List<PhysicalStep> Begin(int agent, CallStatement call, Mapping mapping, BounceReason reason)
    {
        int first = _agents[agent].Steps.Count;
        List<PhysicalStep> steps = AddEffects(agent, call);
        steps[0].Reason = mapping.Error != Errno.None ? $"fails with -{mapping.Error.KernelName()}{(reason == BounceReason.None ? "" : $": {reason.Describe()}")}"
            : reason == BounceReason.None ? null : $"bounces: {reason.Describe()}";
        if (mapping.Error != Errno.None)
        {
            Raise(steps[0], Verdicts.Fails, Verdict.Fails, $"{call.Signature.Name} fails with -{mapping.Error.KernelName()}");
            _errors.Add(mapping.Error);
        }

        Commit(agent, first);
        if (!mapping.IsShared && _allMappings.Exists(m => !m.IsShared && !m.IsCoherentMemory && !m.Released && SharesLine(m, mapping)))
            Raise(steps[0], Verdicts.Contract, Verdict.Contract, $"{mapping.Name} shares a cache line with another live mapping");
        _allMappings.Add(mapping);
        mapping.Live.Add(new OpenWindow(agent, first + steps.Count));
        mapping.Owned.Add((0, ulong.MaxValue, new OpenWindow(agent, first + 1)));
        return steps;
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

    private void FreeBuffer(int agent, CallStatement call)
    {
        PhysicalStep step = Add(agent, call.Signature.Name, call.Span);
        if (call.Memory is null || !_setup.Objects.TryGetValue(call.Memory.Name.Text, out MemoryObject? memory))
            return;
        foreach (Mapping mapping in _allMappings.Where(m => !m.Released && m.Entries.Exists(e =>
            memory.Runs.Exists(r => r.Start < e.Original + e.Size && e.Original < r.Start + r.Size))))
        {
            Raise(step, Verdicts.Contract, Verdict.Contract, $"frees {memory.Name} while {mapping.Name} maps it");
            foreach (OpenWindow window in mapping.Live.Where(w => w.IsOpen))
                window.Close(agent, _agents[agent].Steps.Count);
        }
    }

    private void Unmap(int agent, CallStatement call)
    {
        string name = call.Handle!.Name.Text;
        if (!_mappings.TryGetValue(name, out Mapping? mapping) || mapping.Released || mapping.Error != Errno.None)
        {
            Raise(Add(agent, call.Signature.Name, call.Span), Verdicts.Contract, Verdict.Contract, $"{call.Signature.Name}: {name} is not mapped");
            return;
        }

        EndMapping(agent, call, mapping, call.Direction ?? mapping.Direction, call.Attributes, call.Size);
    }

    private void EndMapping(int agent, CallStatement call, Mapping mapping, DmaDirection direction, DmaAttributes attributes, ulong? size)
    {
        int first = _agents[agent].Steps.Count;
        _effects.Clear();
        if (mapping.Table is { } table)
            _layer.UnmapSgTable(mapping.Device, table, direction, attributes);
        else if (call.Function == ApiFunction.DmaUnmapResource)
            _layer.UnmapResource(mapping.Device, mapping.Entries[0].Address, size ?? mapping.Size, direction, attributes);
        else
            _layer.UnmapPhys(mapping.Device, mapping.Entries[0].Address, size ?? mapping.Size, direction, attributes);
        List<PhysicalStep> steps = AddEffects(agent, call);
        List<MemoryEffect> released = [.. mapping.Entries.Where(e => e.Reached != e.Original)
            .Select(e => new MemoryEffect(EffectKind.Release, e.Reached, e.Size, e.Original))];
        if (released.Count > 0)
        {
            PhysicalStep release = Add(agent, "releases the slots", call.Span);
            release.Effects.AddRange(released);
            steps.Add(release);
        }

        if (size is { } given && mapping.Table is null && given != mapping.Size)
            Raise(steps[0], Verdicts.Contract, Verdict.Contract, $"unmaps {given} bytes of {mapping.Name}; {mapping.Size} were mapped");
        if (direction != mapping.Direction)
            Raise(steps[0], Verdicts.Contract, Verdict.Contract, $"unmaps {mapping.Name} with another direction than it was mapped with");
        if (!mapping.IsShared && (call.Signature.Kind == ApiKind.UnmapList) != (mapping.Table is not null))
            Raise(steps[0], Verdicts.Contract, Verdict.Contract, $"{call.Signature.Name} does not end what mapped {mapping.Name}");
        if (mapping.Table is not null && call.Count is { } count && count != (ulong)mapping.Entries.Count)
            Raise(steps[0], Verdicts.Contract, Verdict.Contract, $"unmaps {count} entries of {mapping.Name}; {mapping.Entries.Count} were mapped");
        if (!mapping.IsShared && (attributes & DmaAttributes.SkipCpuSync) != 0 && direction != DmaDirection.ToDevice
            && mapping.Owned.Exists(o => o.Window.IsOpen))
        {
            Raise(steps[0], Verdicts.Contract, Verdict.Contract, $"unmaps {mapping.Name} with SKIP_CPU_SYNC although no sync gave it to the CPU");
        }

        if (mapping.Unchecked)
            Raise(steps[0], Verdicts.Contract, Verdict.Contract, $"nobody asked whether mapping {mapping.Name} failed");
        Commit(agent, _agents[agent].Steps.Count - 1);
        mapping.Released = true;
        foreach (OpenWindow window in mapping.Live.Where(w => w.IsOpen))
            window.Close(agent, first + 1);
        foreach ((ulong _, ulong _, OpenWindow window) in mapping.Owned.Where(o => o.Window.IsOpen))
            window.Close(agent, first + steps.Count);
    }

    private void Sync(int agent, CallStatement call)
    {
        string name = call.Handle!.Name.Text;
        if (!_mappings.TryGetValue(name, out Mapping? mapping) || mapping.Released || mapping.Error != Errno.None)
        {
            Raise(Add(agent, call.Signature.Name, call.Span), Verdicts.Contract, Verdict.Contract, $"{call.Signature.Name}: {name} is not mapped");
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
        int first = _agents[agent].Steps.Count;
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

        List<PhysicalStep> steps = AddEffects(agent, call);
        if (to > mapping.Size)
            Raise(steps[0], Verdicts.Contract, Verdict.Contract, $"syncs beyond the {mapping.Size} bytes of {mapping.Name}");
        if (mapping.Direction != DmaDirection.Bidirectional && direction != mapping.Direction)
            Raise(steps[0], Verdicts.Contract, Verdict.Contract, $"syncs {mapping.Name} with another direction than it was mapped with");
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
        if (call.Target is { } target)
            _values[target.Text] = result;
        if (result == Errno.None)
            return;
        _errors.Add(result);
        Raise(step, Verdicts.Fails, Verdict.Fails, $"{call.Signature.Name} fails with -{result.KernelName()}");
    }

    private void Allocate(int agent, CallStatement call)
    {
        Device device = _setup.Devices[call.DeviceName!];
        bool coherentMemory = call.Function is ApiFunction.DmaAllocCoherent or ApiFunction.DmaAllocWc or ApiFunction.DmaAllocAttrs;
        bool uncached = coherentMemory && !_layer.Rules.IsCoherent(device);
        ulong size = Rounding.Up(call.Size ?? 1, _setup.Machine.PageSize);
        ulong start = _setup.TakeLow(size, _setup.Machine.PageSize);
        string name = call.Target?.Text ?? call.OutName?.Text ?? "allocation";
        var memory = new MemoryObject(name, [(start, size)]) { Zeroed = true };
        int first = _agents[agent].Steps.Count;
        if (uncached)
            Add(agent, $"{call.Signature.Name}: cleans the cached alias", call.Span).Effects.Add(new MemoryEffect(EffectKind.Clean, start, size));
        Add(agent, $"{call.Signature.Name}: zeroes the memory", call.Span).Effects.Add(
            new MemoryEffect(EffectKind.Write, start, size, start, uncached ? AccessPath.Direct : AccessPath.Cached, "zeroes"));
        Commit(agent, first);
        var mapping = new Mapping
        {
            Name = name,
            Device = device,
            Direction = coherentMemory ? DmaDirection.Bidirectional : call.Direction ?? DmaDirection.Bidirectional,
            IsCoherentMemory = coherentMemory,
        };
        mapping.Entries.Add((start, start, size, _layer.Rules.ToDma(device, new PhysicalAddress(start))));
        mapping.Live.Add(new OpenWindow(agent, _agents[agent].Steps.Count));
        if (!coherentMemory)
            mapping.Owned.Add((0, 0, new OpenWindow(agent, _agents[agent].Steps.Count)));
        _allMappings.Add(mapping);
        foreach (string? alias in (string?[])[call.Target?.Text, call.OutName?.Text])
        {
            if (alias is null)
                continue;
            _mappings[alias] = mapping;
            _setup.Objects[alias] = memory;
            _pathOf[alias] = uncached ? AccessPath.Direct : AccessPath.Cached;
        }
    }

    private void Release(int agent, CallStatement call)
    {
        int first = _agents[agent].Steps.Count;
        PhysicalStep step = Add(agent, call.Signature.Name, call.Span);
        Commit(agent, first);
        if (call.Memory is not { } memory || !_mappings.TryGetValue(memory.Name.Text, out Mapping? mapping) || mapping.Released)
        {
            Raise(step, Verdicts.Contract, Verdict.Contract, $"{call.Signature.Name}: nothing of that name is allocated");
            return;
        }

        mapping.Released = true;
        foreach (OpenWindow window in mapping.Live.Where(w => w.IsOpen))
            window.Close(agent, first + 1);
    }

    /// <summary>Turns the effects of the call that was just made into steps: effects on different lines happen at once.</summary>
    private List<PhysicalStep> AddEffects(int agent, CallStatement call)
    {
        ulong line = _setup.Machine.MaintenanceLineSize;
        var layers = new List<List<MemoryEffect>>();
        foreach (MemoryEffect effect in _effects)
        {
            if (effect.Kind == EffectKind.Invalidate && effect.Start % line == 0 && effect.End % line != 0 && effect.Start / line == effect.End / line)
            {
                // The hardware routine writes this line back and drops it, then drops it again: two steps.
                Place(effect with { Kind = EffectKind.CleanInvalidate });
                Place(effect with { Kind = EffectKind.Drop });
            }
            else
            {
                Place(effect);
            }
        }

        var steps = new List<PhysicalStep>();
        foreach (List<MemoryEffect> layer in layers)
        {
            PhysicalStep step = Add(agent, $"{call.Signature.Name}: {Describe(layer[0])}", call.Span);
            step.Effects.AddRange(layer);
            steps.Add(step);
        }

        if (steps.Count == 0)
            steps.Add(Add(agent, call.Signature.Name, call.Span));
        return steps;

        void Place(MemoryEffect effect)
        {
            int at = layers.Count;
            while (at > 0 && !layers[at - 1].Exists(e => Overlap(e, effect, line)))
                at--;
            if (at == layers.Count)
                layers.Add([]);
            layers[at].Add(effect);
        }
    }

    private static bool Overlap(MemoryEffect a, MemoryEffect b, ulong line)
    {
        bool Cross(ulong x, ulong y) => x / line <= (y + Math.Max(b.Size, 1) - 1) / line && y / line <= (x + Math.Max(a.Size, 1) - 1) / line;
        return Cross(a.Start, b.Start)
            || (a.Kind == EffectKind.Copy && Cross(a.Other, b.Start))
            || (b.Kind == EffectKind.Copy && Cross(a.Start, b.Other))
            || (a.Kind == EffectKind.Copy && b.Kind == EffectKind.Copy && Cross(a.Other, b.Other));
    }

    private string Describe(MemoryEffect effect) => effect.Kind switch
    {
        EffectKind.Copy => $"copies {NameOf(effect.Other)} to {NameOf(effect.Start)}",
        EffectKind.Clean => $"cleans {NameOf(effect.Start)}",
        EffectKind.Invalidate => $"invalidates {NameOf(effect.Start)}",
        EffectKind.CleanInvalidate => $"cleans and invalidates {NameOf(effect.Start)}",
        EffectKind.Drop => $"invalidates {NameOf(effect.Start)} again",
        EffectKind.Zero => $"zeroes {NameOf(effect.Start)}",
        _ => effect.Kind.ToString(),
    };

    /// <summary>Keeps the calls of different threads in the order in which this run made them, if others were possible.</summary>
    private void Commit(int agent, int step)
    {
        if (_lastCommit is { } last && last.Agent != agent && _choices.Count + Options.Count > 0)
            _agents[agent].Steps[step].After.Add(new Precondition(last, Orders: false));
        _lastCommit = new StepRef(agent, step);
    }
}
