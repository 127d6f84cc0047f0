using Handoff.Direct;
using Handoff.Litmus.Language;
using Handoff.Ownership;

namespace Handoff.Litmus.Lowering;

/// <content>Maps of buffers and lists.</content>
internal sealed partial class Simulation
{
    private void MapOne(int agent, CallStatement call)
    {
        Device device = _setup.Devices[call.DeviceName!];
        DmaDirection direction = call.Direction ?? DmaDirection.Bidirectional;
        MemoryObject memory = _setup.Objects[call.Memory!.Name.Text];
        (ulong from, ulong to) = Range(call.Memory, memory.Size, memory.Declaration);
        from += call.Offset ?? 0;
        ulong size = call.Size ?? to - from;
        ulong original = memory.Start + from;
        var mapping = new Mapping { Name = call.Target?.Text ?? memory.Name, Device = device, Direction = direction, Attributes = call.Attributes, Unchecked = true, Kind = KindOf(call) };
        if (call.Target is { } target)
            _mappings[target.Text] = mapping;
        if (from >= to && call.Size is null)
        {
            mapping.Error = Errno.Invalid;
            Broken(Add(agent, call.Signature.Name, call.Span), null, $"maps nothing: {memory.Name} ends before");
            return;
        }

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
            Broken(steps[0], FindingRules.MapOfStack, $"maps {memory.Name}, which is on the stack");
        if (_allMappings.Exists(m => m.IsCoherentMemory && m.Name == memory.Name && !m.Released))
            Broken(steps[0], FindingRules.Overlap, $"maps {memory.Name}, which is coherent memory: cache work would act on the wrong view of it");
    }

    private MappingKind KindOf(CallStatement call) => call.Signature.Kind switch
    {
        ApiKind.MapList or ApiKind.UnmapList => MappingKind.Sg,
        // From 6.18 registers are mapped by the same call as memory, with an attribute.
        _ when call.Function is ApiFunction.DmaMapResource or ApiFunction.DmaUnmapResource
            || (_kernel.Switches.MapPhys && (call.Attributes & DmaAttributes.Mmio) != 0) => MappingKind.Resource,
        _ => MappingKind.Single,
    };

    private void MapList(int agent, CallStatement call)
    {
        Device device = _setup.Devices[call.DeviceName!];
        string name = call.Memory!.Name.Text;
        List<(ulong Start, ulong Size)> runs = _test.List(name) is { } list
            ? [.. list.Entries.SelectMany(RunsOf)]
            : [.. RunsOf(call.Memory)];
        bool tooMany = call.Count is { } asked && asked > (ulong)runs.Count;
        if (call.Count is > 0 and { } nents && nents < (ulong)runs.Count)
            runs = runs[..(int)nents];
        DmaDirection direction = call.Direction ?? DmaDirection.Bidirectional;
        SgTable table = TableOf(runs);
        var mapping = new Mapping { Name = call.Target?.Text ?? name, Device = device, Direction = direction, Attributes = call.Attributes, Table = table, Kind = MappingKind.Sg };
        BounceReason reason = ReasonFor(device, runs, direction, call.Attributes);
        _effects.Clear();
        mapping.Error = _layer.MapSgTable(device, table, direction, call.Attributes);
        if (mapping.Error == Errno.None)
            AddEntries(mapping, table.Entries);
        List<PhysicalStep> steps = Begin(agent, call, mapping, reason, _effects);
        if (tooMany)
            Broken(steps[0], FindingRules.WrongEntryCount, $"maps {call.Count} entries of {name}, which has {runs.Count}");
        DeviceDeclaration limits = _test.Devices.First(d => d.Name.Text == call.DeviceName);
        if (limits.MaxSegment is { } longest && mapping.Entries.Exists(e => e.Size > longest.Value))
            Broken(steps[0], FindingRules.SegmentTooLong, $"maps an entry that is longer than the {longest.Value} bytes that {device.Name} claims to take");
        if (limits.Boundary is { } boundary && mapping.Entries.Exists(e => ((e.Address.Value ^ (e.Address.Value + e.Size - 1)) & ~boundary.Value) != 0))
            Broken(steps[0], FindingRules.SegmentAcrossBoundary, $"maps an entry that crosses a segment boundary of {device.Name}");
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
        _bounces.AddRange(Adjoining.Join(mapping.Entries.Where(e => e.Reached != e.Original).Select(e => (e.Reached, e.Size))));
        CheckLines(steps[0], mapping);
        bool skipped = (mapping.Attributes & DmaAttributes.SkipCpuSync) != 0 && !mapping.IsShared && !IsWithDevices(mapping);
        _allMappings.Add(mapping);
        mapping.Live.Add(new OpenWindow(agent, first + steps.Count));
        if (skipped)
            return steps; // until a sync for the device it is still the CPU's
        mapping.Owned.Add((0, ulong.MaxValue, new OpenWindow(agent, first + 1)));
        foreach ((ulong start, ulong end) in mapping.Originals())
        {
            GivenToDevice(start, end);
            GivenBack(agent, first + steps.Count, start, end);
        }

        return steps;
    }

    private string WhyFailed(Mapping mapping, BounceReason reason)
    {
        if (reason != BounceReason.None)
            return $": {reason.Describe()}";
        bool refused = (mapping.Attributes & DmaAttributes.RequireCoherent) != 0 && _kernel.Switches.RequireCoherent && !_layer.Rules.IsCoherent(mapping.Device);
        return refused ? ": REQUIRE_COHERENT, and the device does not snoop" : "";
    }

    /// <summary>Whether memory is on the device side already: other mappings hold it there, or no CPU wrote it through the cache since it was.</summary>
    private bool IsWithDevices(Mapping mapping)
    {
        foreach ((ulong start, ulong end) in mapping.Originals())
        {
            bool held = _allMappings.Exists(m => !m.Released && m.Owned.Exists(o => o.Window.IsOpen
                && m.Originals(o.From, o.To).Any(r => r.Start <= start && end <= r.End)));
            if (!held && _writtenByCpu.Exists(w => w.Start < end && start < w.End))
                return false;
        }

        return true;
    }

    /// <summary>Two mappings of one line cannot both be owned, unless devices only read it, or the sharing is by agreement.</summary>
    private void CheckLines(PhysicalStep step, Mapping mapping)
    {
        const DmaAttributes agreed = DmaAttributes.SkipCpuSync | DmaAttributes.DebuggingIgnoreCachelines;
        if (mapping.IsShared || (mapping.Attributes & agreed) != 0)
            return;
        ulong line = _setup.Machine.CacheLineSize;
        foreach (Mapping other in _allMappings)
        {
            if (other.IsShared || other.IsCoherentMemory || other.Released || (other.Attributes & agreed) != 0
                || (mapping.Direction == DmaDirection.ToDevice && other.Direction == DmaDirection.ToDevice))
                continue;
            bool lines = false, bytes = false;
            foreach ((ulong start, ulong end) in mapping.Originals())
            {
                foreach ((ulong from, ulong to) in other.Originals())
                {
                    bytes |= start < to && from < end;
                    lines |= start / line <= (to - 1) / line && from / line <= (end - 1) / line;
                }
            }

            if (!lines || (!bytes && AreSlabObjects(mapping, other)))
                continue;
            Broken(step, bytes ? FindingRules.Overlap : FindingRules.SharedLine, $"{mapping.Name} shares a cache line with another live mapping");
            return;
        }
    }

    /// <summary>Whether two mappings are of different slab objects where keeping those apart, or bouncing them, is the kernel's business.</summary>
    private bool AreSlabObjects(Mapping a, Mapping b) => _setup.Machine.HasNonCoherentDevices && a.Entries.Concat(b.Entries).All(e => _setup.Objects.Values.Any(o =>
        o.Declaration is { Kind: BufferKind.Kmalloc } && o.Runs.Exists(r => r.Start <= e.Original && e.Original + e.Size <= r.Start + r.Size)));
}
