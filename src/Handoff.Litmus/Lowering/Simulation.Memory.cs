using Handoff.Litmus.Language;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Lowering;

/// <content>Memory that is allocated for devices, and memory that is freed.</content>
internal sealed partial class Simulation
{
    private void FreeBuffer(int agent, CallStatement call)
    {
        PhysicalStep step = Add(agent, call.Signature.Name, call.Span);
        if (call.Memory is null || !_setup.Objects.TryGetValue(call.Memory.Name.Text, out MemoryObject? memory))
            return;
        foreach (Mapping mapping in _allMappings.Where(m => !m.Released && m.Entries.Exists(e =>
            memory.Runs.Exists(r => r.Start < e.Original + e.Size && e.Original < r.Start + r.Size))))
        {
            Broken(step, $"frees {memory.Name} while {mapping.Name} maps it");
            foreach (OpenWindow window in mapping.Live.Where(w => w.IsOpen))
                window.Close(agent, _agents[agent].Steps.Count);
        }
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
            Broken(step, $"{call.Signature.Name}: nothing of that name is allocated");
            return;
        }

        mapping.Released = true;
        foreach (OpenWindow window in mapping.Live.Where(w => w.IsOpen))
            window.Close(agent, first + 1);
    }
}
