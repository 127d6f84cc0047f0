using Handoff.Kernels;
using Handoff.Litmus.Language;
using Handoff.Ownership;

namespace Handoff.Litmus.Lowering;

/// <content>Unmaps.</content>
internal sealed partial class Simulation
{
    private void Unmap(int agent, CallStatement call)
    {
        if (LiveMapping(agent, call, "unmaps") is { } mapping)
            EndMapping(agent, call, mapping, call.Direction ?? mapping.Direction, call.Attributes, call.Size);
    }

    /// <summary>The mapping that a call names; <see langword="null"/>, and a finding, if it is none (any more).</summary>
    private Mapping? LiveMapping(int agent, CallStatement call, string verb)
    {
        string name = call.Handle!.Name.Text;
        bool syncs = call.Signature.Kind == ApiKind.Sync;
        if (_mappings.TryGetValue(name, out Mapping? mapping) && !mapping.Released && mapping.Error == Errno.None)
            return mapping;
        PhysicalStep step = Add(agent, call.Signature.Name, call.Span);
        (FindingRule rule, string why) = mapping switch
        {
            null => (syncs ? FindingRules.SyncOfNothing : FindingRules.UnknownUnmap, "is not mapped"),
            { Released: true } => (syncs ? FindingRules.SyncAfterUnmap : FindingRules.DoubleUnmap, "is not mapped any more"),
            _ => (syncs ? FindingRules.SyncOfNothing : FindingRules.UnmapOfError, "is not mapped: its map failed"),
        };
        Broken(step, rule, $"{verb} {name}, which {why}");
        return null;
    }

    private void EndMapping(int agent, CallStatement call, Mapping mapping, DmaDirection direction, DmaAttributes attributes, ulong? size)
    {
        ulong moved = mapping.Table is null ? call.Handle!.Start?.Value ?? 0 : 0;
        _effects.Clear();
        if (mapping.Table is { } table)
            _layer.UnmapSg(mapping.Device, table.Entries[..Counted(call, table)], direction, attributes);
        else if (call.Function == ApiFunction.DmaUnmapResource)
            _layer.UnmapResource(mapping.Device, mapping.Entries[0].Address, size ?? mapping.Size, direction, attributes);
        else if (moved == 0)
            _layer.UnmapPhys(mapping.Device, mapping.Entries[0].Address, size ?? mapping.Size, direction, attributes);
        else
            UnmapElsewhere(mapping, moved, size, direction, attributes);
        PhysicalStep first = Ended(agent, call, mapping, direction, attributes, size);
        if (moved != 0)
            Broken(first, FindingRules.UnknownUnmap, $"unmaps {mapping.Name} at {moved} bytes after the address that was mapped");
    }

    /// <summary>How many entries a call works on: as many as it says, if the list has them.</summary>
    private static int Counted(CallStatement call, SgTable table) =>
        call.Count is { } count && count < (ulong)table.OrigNents ? (int)count : table.OrigNents;

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
        int ended = mapping.Table is { } list && !mapping.IsShared ? Counted(call, list) : mapping.Entries.Count;
        var released = new List<MemoryEffect>();
        foreach ((ulong reached, ulong original, ulong length, _) in mapping.Entries.Take(ended).Where(e => e.Reached != e.Original))
            released.Append(new MemoryEffect(EffectKind.Release, reached, length, original), _setup.Machine.MaintenanceLineSize);
        if (released.Count > 0)
        {
            PhysicalStep release = Add(agent, "releases the slots", call.Span);
            release.Effects.AddRange(released);
            steps.Add(release);
        }

        if (size is { } given && mapping.Table is null && given != mapping.Size)
            Broken(steps[0], FindingRules.WrongSize, $"unmaps {given} bytes of {mapping.Name}; {mapping.Size} were mapped");
        if (direction != mapping.Direction)
            Broken(steps[0], FindingRules.WrongDirection, $"unmaps {mapping.Name} with another direction than it was mapped with");
        if (!mapping.IsShared && KindOf(call) != mapping.Kind)
            Broken(steps[0], FindingRules.WrongKind, $"{call.Signature.Name} does not end what mapped {mapping.Name}");
        if (mapping.Table is not null && call.Count is { } count && count != (ulong)mapping.Entries.Count)
            Broken(steps[0], FindingRules.WrongEntryCount, $"unmaps {count} entries of {mapping.Name}; {mapping.Entries.Count} were mapped");
        CheckDeviceAndAttributes(steps[0], call, mapping, attributes, FindingRules.WrongDevice);
        if (mapping.Unchecked)
            Broken(steps[0], FindingRules.UncheckedError, $"nobody asked whether mapping {mapping.Name} failed");
        Commit(agent, _agents[agent].Steps.Count - 1);
        mapping.Released = true;
        foreach (OpenWindow window in mapping.Live.Where(w => w.IsOpen))
            window.Close(agent, first + 1);
        LeaveOwnership(agent, first + steps.Count, mapping, (attributes & DmaAttributes.SkipCpuSync) != 0);
        return steps[0];
    }

    private void CheckDeviceAndAttributes(PhysicalStep step, CallStatement call, Mapping mapping, DmaAttributes attributes, FindingRule wrongDevice)
    {
        if (mapping.IsShared)
            return;
        if (call.DeviceName != mapping.Device.Name)
            Broken(step, wrongDevice, $"{call.Signature.Name} for {call.DeviceName}; {mapping.Name} was made for {mapping.Device.Name}");
        const DmaAttributes meaningful = DmaAttributes.SkipCpuSync | DmaAttributes.Mmio | DmaAttributes.RequireCoherent | DmaAttributes.CcShared | DmaAttributes.NoKernelMapping;
        if (call.Signature.Kind != ApiKind.Sync && _kernel.Switches.DebugChecks == DebugChecks.Attributes && ((attributes ^ mapping.Attributes) & meaningful) != 0)
            Broken(step, FindingRules.WrongAttributes, $"ends {mapping.Name} with other attributes than it was made with");
    }

    /// <summary>The CPU owns it again, except for what an unmap with SKIP_CPU_SYNC left behind.</summary>
    private void LeaveOwnership(int agent, int steps, Mapping mapping, bool skipped)
    {
        foreach ((ulong from, ulong to, OpenWindow window) in mapping.Owned.Where(o => o.Window.IsOpen))
        {
            window.Close(agent, steps);
            bool leaves = skipped && !mapping.IsShared && mapping.Direction != DmaDirection.ToDevice;
            foreach ((ulong start, ulong end) in mapping.Originals(from, to))
            {
                GivenBack(agent, steps, start, end);
                if (leaves)
                    _left.Add((start, end, new OpenWindow(agent, steps), mapping));
            }
        }
    }
}
