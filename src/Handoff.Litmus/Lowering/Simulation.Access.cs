using Handoff.Litmus.Language;
using Handoff.Litmus.Model;
using Handoff.Ownership;

namespace Handoff.Litmus.Lowering;

/// <content>Accesses by CPUs and devices.</content>
internal sealed partial class Simulation
{
    private readonly Dictionary<string, AccessPath> _pathOf = []; // allocations whose CPU view is not the cached one

    private void GiveOutBuffers()
    {
        foreach (MemoryObject o in _setup.Objects.Values)
        {
            if (!o.Zeroed)
                continue;
            PhysicalStep zero = Add(0, $"kernel zeroes {o.Name}", o.Declaration!.Span);
            zero.Effects.AddRange(Adjoining.Join(o.Runs).Select(r => new MemoryEffect(EffectKind.Zero, r.Start, r.Size)));
            if (o.Declaration.DefaultView == CpuView.Cached)
                continue;
            PhysicalStep flush = Add(0, $"the heap flushes {o.Name} once", o.Declaration.Span);
            flush.Effects.AddRange(Adjoining.Join(o.Runs).Select(r => new MemoryEffect(EffectKind.Clean, r.Start, r.Size)));
        }
    }

    private void CpuAccess(int agent, CpuAccessStatement access)
    {
        string name = access.Place.Name.Text;
        if (!_setup.Objects.TryGetValue(name, out MemoryObject? memory))
            return;
        CpuView view = access.View ?? memory.Declaration?.DefaultView ?? CpuView.Cached;
        AccessPath path = access.View is null && _pathOf.TryGetValue(name, out AccessPath own) ? own
            : view == CpuView.Cached ? AccessPath.Cached : AccessPath.Direct;
        bool write = access.Kind == AccessKind.Write;
        string label = write ? Label(access.Value) : "";
        PhysicalStep step = Add(agent, $"{(write ? $"writes {label} to" : "reads")} {name}{(path == AccessPath.Direct ? " (uncached view)" : "")}", access.Span);
        (ulong from, ulong to) = Range(access.Place, memory.Size, memory.Declaration);
        if (_mappings.TryGetValue(name, out Mapping? allocation) && allocation is { Block: null, Error: not Errno.None } && memory.Declaration is null)
        {
            Wild(step, null, $"the CPU uses {name}, whose allocation failed");
            return;
        }

        foreach ((ulong start, ulong size) in Adjoining.Join(MemoryObject.Slice(memory.Runs, from, to)))
        {
            var effect = new MemoryEffect(write ? EffectKind.Write : EffectKind.Read, start, size, start, path, label);
            step.Effects.Add(effect);
            _cpuAccesses.Add((step, effect, write, name));
            if (write)
                WrittenByCpu(agent, effect);
        }
    }

    private void DeviceAccess(int agent, DeviceAccessStatement access)
    {
        string name = access.Handle.Name.Text;
        bool write = access.Kind == AccessKind.Write;
        string label = write ? Label(access.Value) : "";
        string text = $"{access.Device.Text} {(write ? $"writes {label} to" : "reads")} {name}";
        if (access.Asynchronous)
        {
            Add(agent, $"starts: {text}", access.Span);
            var start = new StepRef(agent, _agents[agent].Steps.Count - 1);
            agent = _agents.Count;
            _agents.Add((access.Device.Text, []));
            if (!_running.TryGetValue(access.Device.Text, out List<StepRef>? runs))
                _running.Add(access.Device.Text, runs = []);
            runs.Add(new StepRef(agent, 0));
            Add(agent, text, access.Span).After.Add(new Precondition(start));
        }
        else
        {
            Add(agent, text, access.Span);
        }

        PhysicalStep step = _agents[agent].Steps[^1];
        if (!_mappings.TryGetValue(name, out Mapping? mapping) || mapping.Error != Errno.None)
        {
            Wild(step, FindingRules.DeviceAccessToNothing, $"{access.Device.Text} uses {name}, which is not mapped");
            return;
        }

        Device device = _setup.Devices[access.Device.Text];
        if (device != mapping.Device)
            Wild(step, FindingRules.DeviceAccessToNothing, $"{device.Name} uses a mapping of {mapping.Device.Name}");
        if (mapping.Direction == (write ? DmaDirection.ToDevice : DmaDirection.FromDevice))
            Wild(step, FindingRules.DeviceAccessAgainstDirection, $"{device.Name} {(write ? "writes" : "reads")} {name} against its direction");
        (ulong from, ulong to) = Range(access.Handle, mapping.Size, null);
        _deviceAccesses.Add((step, mapping, from, to, write));
        if (to > mapping.Size)
            Wild(step, FindingRules.DeviceAccessPastEnd, $"{device.Name} goes beyond the {mapping.Size} bytes of {name}");
        AccessPath path = _layer.Rules.IsCoherent(device) ? AccessPath.Snooped : AccessPath.Direct;
        foreach ((ulong reached, ulong original, ulong size) in Slice(mapping, from, to))
            step.Effects.Append(new MemoryEffect(write ? EffectKind.Write : EffectKind.Read, reached, size, original, path, label), _setup.Machine.MaintenanceLineSize);
    }

    private static IEnumerable<(ulong Reached, ulong Original, ulong Size)> Slice(Mapping mapping, ulong from, ulong to)
    {
        ulong at = 0;
        foreach ((ulong reached, ulong original, ulong size, DmaAddress _) in mapping.Entries)
        {
            ulong first = Math.Max(from, at), last = Math.Min(to, at + size);
            if (first < last)
                yield return (reached + (first - at), original + (first - at), last - first);
            at += size;
        }
    }

    private static (ulong From, ulong To) Range(Place place, ulong size, BufferDeclaration? declaration)
    {
        ulong from = 0, to = size;
        if (place.Field is { } name && declaration?.Field(name.Text) is { } field)
            (from, to) = (field.Start, field.End);
        ulong origin = from;
        if (place.Start is { } start)
            from = origin + start.Value;
        if (place.End is { } end)
            to = origin + end.Value;
        return (from, to);
    }

    private string Label(Located<ulong>? value) =>
        value is { } given ? given.Value.ToString(System.Globalization.CultureInfo.InvariantCulture) : $"#{_nextLabel++}";
}
