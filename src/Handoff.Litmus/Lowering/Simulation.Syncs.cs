using Handoff.Litmus.Language;
using Handoff.Ownership;

namespace Handoff.Litmus.Lowering;

/// <content>Syncs of mappings.</content>
internal sealed partial class Simulation
{
    private void Sync(int agent, CallStatement call)
    {
        if (LiveMapping(agent, call, "syncs") is not { } mapping)
            return;
        bool forCpu = call.Function is ApiFunction.DmaSyncSingleForCpu or ApiFunction.DmaSyncSingleRangeForCpu
            or ApiFunction.DmaSyncSgForCpu or ApiFunction.DmaSyncSgtableForCpu;
        (ulong from, ulong to) = Range(call.Handle!, mapping.Size, null);
        from += call.Offset ?? 0;
        to = call.Size is { } size ? from + size : to;
        SyncMapping(agent, call, mapping, call.Direction ?? mapping.Direction, forCpu, from, to);
    }

    private void SyncMapping(int agent, CallStatement call, Mapping mapping, DmaDirection direction, bool forCpu, ulong from, ulong to)
    {
        _effects.Clear();
        if (mapping.Table is { } table)
        {
            ReadOnlySpan<ScatterlistEntry> entries = table.Entries[..Counted(call, table)];
            if (forCpu)
                _layer.SyncSgForCpu(mapping.Device, entries, direction);
            else
                _layer.SyncSgForDevice(mapping.Device, entries, direction);
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

    private static FindingRule SyncRule(Mapping mapping, bool forCpu) =>
        forCpu && mapping.Direction == DmaDirection.ToDevice ? FindingRules.SyncReadOnlyForCpu
        : !forCpu && mapping.Direction == DmaDirection.FromDevice ? FindingRules.SyncWriteOnlyForDevice
        : FindingRules.SyncDirection;

    /// <summary>The steps of a sync that the layer has just done, and what it does to ownership.</summary>
    private void Synced(
        int agent, CallStatement call, Mapping mapping, DmaDirection direction, bool forCpu, ulong from, ulong to, List<MemoryEffect> effects)
    {
        int first = _agents[agent].Steps.Count;
        List<PhysicalStep> steps = AddEffects(agent, call, effects);
        if (mapping is { Table: not null, IsShared: false } && call.Count is { } count && count != (ulong)mapping.Entries.Count)
            Broken(steps[0], FindingRules.SyncEntryCount, $"syncs {count} entries of {mapping.Name}; {mapping.Entries.Count} were mapped");
        if (to > mapping.Size)
            Broken(steps[0], FindingRules.SyncPastEnd, $"syncs beyond the {mapping.Size} bytes of {mapping.Name}");
        if (mapping.Direction != DmaDirection.Bidirectional && direction != mapping.Direction)
            Broken(steps[0], SyncRule(mapping, forCpu), $"syncs {mapping.Name} with another direction than it was mapped with");
        CheckDeviceAndAttributes(steps[0], call, mapping, DmaAttributes.None, FindingRules.SyncWrongDevice);
        Commit(agent, _agents[agent].Steps.Count - 1);
        if (!forCpu)
        {
            mapping.Owned.Add((from, to, new OpenWindow(agent, first + 1)));
            foreach ((ulong start, ulong end) in mapping.Originals(from, to))
                GivenToDevice(start, end);
            return;
        }

        foreach ((ulong start, ulong end) in mapping.Originals(from, to))
            GivenBack(agent, first + steps.Count, start, end);

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
}
