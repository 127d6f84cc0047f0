using Handoff.Coherent;
using Handoff.Litmus.Language;
using Handoff.Litmus.Model;
using Handoff.Ownership;
using Handoff.Sharing;

namespace Handoff.Litmus.Lowering;

/// <content>Memory that is allocated for devices, and memory that is freed.</content>
internal sealed partial class Simulation
{
    private readonly List<(ulong Start, ulong Size)> _fromPool = []; // slots of restricted pools that were allocated as memory

    private void FreeBuffer(int agent, CallStatement call)
    {
        if (call.Memory is null || !_setup.Objects.TryGetValue(call.Memory.Name.Text, out MemoryObject? memory))
        {
            Add(agent, call.Signature.Name, call.Span);
            return;
        }

        if (_buffers.TryGetValue(memory.Name, out DmaBuf<RecordingMemory>? buffer))
        {
            // Importers hold references: the memory stays until the last one detaches.
            _effects.Clear();
            if (buffer.Attachments.Count == 0)
                buffer.Release();
            AddEffects(agent, call, _effects);
            if (buffer.Attachments.Count > 0)
                return;
        }
        else
        {
            Add(agent, call.Signature.Name, call.Span);
        }

        PhysicalStep step = _agents[agent].Steps[^1];
        if (_freed.Exists(f => f.Name == memory.Name))
            Broken(step, null, $"frees {memory.Name} twice");
        _frees.Add((step, memory.Name, [.. Adjoining.Join(memory.Runs)]));
        Freed(agent, memory);
    }

    private void Freed(int agent, MemoryObject memory)
    {
        foreach ((ulong start, ulong size) in Adjoining.Join(memory.Runs))
            _freed.Add((start, start + size, new OpenWindow(agent, _agents[agent].Steps.Count), memory.Name));
    }

    private void Allocate(int agent, CallStatement call)
    {
        Device device = _setup.Devices[call.DeviceName!];
        bool coherentMemory = call.Function is ApiFunction.DmaAllocCoherent or ApiFunction.DmaAllocWc or ApiFunction.DmaAllocAttrs;
        bool uncached = coherentMemory && !_layer.Rules.IsCoherent(device);
        ulong size = Rounding.Up(call.Size ?? 1, _setup.Machine.PageSize);
        bool restricted = device.RestrictedPool is { ForAlloc: true };
        DmaBuffer? block = restricted ? FromRestrictedPool(device, call, coherentMemory) : null;
        ulong start = block?.Physical.Value ?? _setup.TakeLow(size, _setup.Machine.PageSize);
        string name = call.Target?.Text ?? call.OutName?.Text ?? "allocation";
        var memory = new MemoryObject(name, [(start, size)]) { Zeroed = true };
        int first = _agents[agent].Steps.Count;
        if (restricted && block is null)
        {
            PhysicalStep failed = Add(agent, call.Signature.Name, call.Span);
            failed.Reason = "fails: the device's restricted pool has no such run of free slots";
            Commit(agent, first);
            Fails(failed, call, Errno.NoMemory);
            Allocated(call, memory, new Mapping { Name = name, Device = device, Direction = DmaDirection.Bidirectional, Error = Errno.NoMemory }, AccessPath.Cached);
            return;
        }

        if (block is not null)
            _fromPool.Add((start, size));
        foreach (var freed in _freed.Where(f => f.Window.IsOpen && f.Start < start + size && start < f.End))
            freed.Window.Close(agent, first); // slots are given out again
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
            Kind = coherentMemory ? MappingKind.Coherent : MappingKind.Noncoherent,
            Attributes = call.Attributes,
            Requested = call.Size ?? 1,
            Block = block,
        };
        mapping.Entries.Add((start, start, size, block?.Dma ?? _layer.Rules.ToDma(device, new PhysicalAddress(start))));
        mapping.Live.Add(new OpenWindow(agent, _agents[agent].Steps.Count));
        _allMappings.Add(mapping);
        Allocated(call, memory, mapping, uncached ? AccessPath.Direct : AccessPath.Cached);
    }

    private DmaBuffer? FromRestrictedPool(Device device, CallStatement call, bool coherentMemory)
    {
        Pages.GfpFlags gfp = ((call.Gfp & Language.GfpFlags.Atomic) == 0 ? Pages.GfpFlags.Kernel : Pages.GfpFlags.Atomic) | Pages.GfpFlags.NoWarn;
        DmaBuffer? block = coherentMemory
            ? _layer.AllocAttrs(device, call.Size ?? 1, gfp, call.Attributes & ~DmaAttributes.NoKernelMapping)
            : _layer.AllocPages(device, call.Size ?? 1, call.Direction ?? DmaDirection.Bidirectional, gfp);
        _effects.Clear(); // what happens to the memory is told below, as for any other allocation
        return block;
    }

    private void Allocated(CallStatement call, MemoryObject memory, Mapping mapping, AccessPath path)
    {
        foreach (string? alias in (string?[])[call.Target?.Text, call.OutName?.Text])
        {
            if (alias is null)
                continue;
            _mappings[alias] = mapping;
            _setup.Objects[alias] = memory;
            _pathOf[alias] = path;
        }
    }

    private void Release(int agent, CallStatement call)
    {
        int first = _agents[agent].Steps.Count;
        PhysicalStep step = Add(agent, call.Signature.Name, call.Span);
        Commit(agent, first);
        string name = call.Memory!.Name.Text;
        if (!_mappings.TryGetValue(name, out Mapping? mapping) || mapping.Released)
        {
            Broken(step, mapping is null ? FindingRules.UnknownUnmap : FindingRules.DoubleUnmap, $"frees {name}, which is not allocated{(mapping is null ? "" : " any more")}");
            return;
        }

        if (mapping.Error != Errno.None)
        {
            Broken(step, FindingRules.UnknownUnmap, $"frees {name}, whose allocation failed");
            return;
        }

        MappingKind freedAs = call.Function is ApiFunction.DmaFreeNoncoherent or ApiFunction.DmaFreePages ? MappingKind.Noncoherent : MappingKind.Coherent;
        if (freedAs != mapping.Kind)
            Broken(step, FindingRules.WrongKind, $"{call.Signature.Name} does not end what allocated {name}");
        if (call.Size is { } size && size != mapping.Requested)
            Broken(step, FindingRules.WrongSize, $"frees {size} bytes of {name}; {mapping.Requested} were allocated");
        if (call.Handle is { } handle && _mappings.GetValueOrDefault(handle.Name.Text) != mapping)
            Broken(step, FindingRules.WrongCpuAddress, $"frees {name} with the address of something else");
        if (mapping.Kind == MappingKind.Noncoherent && call.Direction is { } direction && direction != mapping.Direction)
            Broken(step, FindingRules.WrongDirection, $"frees {name} with another direction than it was allocated with");
        CheckDeviceAndAttributes(step, call, mapping, call.Attributes, FindingRules.WrongDevice);
        mapping.Released = true;
        if (mapping.Block is { } block)
            _layer.FreeAttrs(mapping.Device, block);
        foreach (OpenWindow window in mapping.Live.Where(w => w.IsOpen))
            window.Close(agent, first + 1);
        LeaveOwnership(agent, first + 1, mapping, skipped: false);
        Freed(agent, _setup.Objects[name]);
    }
}
