using System.Collections.Immutable;
using Handoff.Litmus.Language;
using Handoff.Litmus.Model;
using Handoff.Ownership;

namespace Handoff.Litmus.Lowering;

/// <content>Rules whose breach depends on the schedule: who touches what while somebody else owns it, or nobody gave it out.</content>
internal sealed partial class Simulation
{
    private readonly List<(ulong Start, ulong End, OpenWindow Window, string Name)> _freed = [];

    // Sessions of the CPU on dma-bufs, from the end of begin to the end of end.
    private readonly List<(string Buffer, DmaDirection Direction, OpenWindow Window)> _sessions = [];

    // What a device may have written and no sync or unmap gave back: unmapped with SKIP_CPU_SYNC.
    private readonly List<(ulong Start, ulong End, OpenWindow Window, Mapping Mapping)> _left = [];

    // What CPUs wrote through the cache since it was last given to a device.
    private readonly List<(ulong Start, ulong End)> _writtenByCpu = [];

    /// <summary>Now that every window is known.</summary>
    private void AddChecks()
    {
        foreach ((PhysicalStep step, Mapping mapping, ulong from, ulong to, bool write) in _deviceAccesses)
        {
            CheckDevice(step, mapping, from, to);
            CheckSessions(step, mapping, write);
        }

        foreach ((PhysicalStep step, MemoryEffect effect, bool write, string name) in _cpuAccesses)
            CheckCpu(step, effect, write, name);
        if (_freed.Count == 0)
            return;
        foreach ((PhysicalStep step, string memory, List<(ulong Start, ulong Size)> runs) in _frees)
            CheckFree(step, memory, runs);
        foreach (PhysicalStep step in _agents.SelectMany(a => a.Steps))
        {
            // Slots go to the next one as soon as they are free.
            foreach (MemoryEffect effect in step.Effects.Where(e => e.Kind is EffectKind.Copy or EffectKind.Invalidate or EffectKind.CleanInvalidate))
            {
                if (!SlotAt(effect.Start))
                    AddFreed(step, effect.Start, effect.End, null, name => $"{(effect.Kind == EffectKind.Copy ? "copies to" : "invalidates")} {name} after it was freed");
                if (effect.Kind == EffectKind.Copy && !SlotAt(effect.Other))
                    AddFreed(step, effect.Other, effect.Other + effect.Size, null, name => $"copies from {name} after it was freed");
            }
        }
    }

    private void CheckDevice(PhysicalStep step, Mapping mapping, ulong from, ulong to)
    {
        if (!mapping.IsCoherentMemory && !mapping.IsShared)
        {
            // Before its map or after its release is wild already.
            bool skipped = mapping.Owned.Count == 0 && (mapping.Attributes & DmaAttributes.SkipCpuSync) != 0;
            int early = skipped
                ? Finding(Verdict.Contract, FindingRules.SkipOnFirstMap, $"{mapping.Device.Name} uses {mapping.Name}, mapped with SKIP_CPU_SYNC after the CPU wrote it and not synced since", step.Span)
                : Finding(Verdict.Contract, FindingRules.DeviceAccessWhileCpuOwns, $"{mapping.Device.Name} uses {mapping.Name} while the CPU owns it", step.Span);
            step.Checks.Add(new WindowCheck(
                [.. mapping.Owned.Where(o => o.From < to && from < o.To).Select(o => o.Window.ToWindow())], RaiseInside: false, Verdicts.Contract, early));
        }

        int finding = Finding(Verdict.Wild, FindingRules.DeviceAccessAfterUnmap, $"{mapping.Device.Name} uses {mapping.Name} while it is not mapped", step.Span);
        step.Checks.Add(new WindowCheck([.. mapping.Live.Select(w => w.ToWindow())], RaiseInside: false, Verdicts.Wild, finding));
        foreach ((ulong start, ulong end) in mapping.Originals(from, to))
            AddFreed(step, start, end, null, name => $"{mapping.Device.Name} uses {mapping.Name} after {name} was freed");
    }

    /// <summary>A session that reads wants writers finished, one that writes wants everybody finished.</summary>
    private void CheckSessions(PhysicalStep step, Mapping mapping, bool write)
    {
        ImmutableArray<Window> windows = [.. _sessions.Where(s => s.Buffer == mapping.Buffer && (write || s.Direction != DmaDirection.FromDevice)).Select(s => s.Window.ToWindow())];
        if (mapping.Buffer is null || windows.IsEmpty)
            return;
        string message = $"{mapping.Device.Name} {(write ? "writes" : "reads")} {mapping.Name} while the CPU has {(write ? "a session" : "a write session")} on {mapping.Buffer}";
        step.Checks.Add(new WindowCheck(windows, RaiseInside: true, Verdicts.Contract, Finding(Verdict.Contract, FindingRules.DeviceAccessWhileCpuOwns, message, step.Span)));
    }

    private void CheckCpu(PhysicalStep step, MemoryEffect effect, bool write, string name)
    {
        foreach (Mapping mapping in _allMappings)
        {
            if (mapping.IsCoherentMemory || (mapping.Direction == DmaDirection.ToDevice && !write))
                continue;
            ImmutableArray<Window> windows = [.. mapping.Owned.Where(o => Overlaps(mapping, o.From, o.To, effect)).Select(o => o.Window.ToWindow())];
            if (windows.IsEmpty)
                continue;
            int finding = Finding(
                Verdict.Contract,
                write ? FindingRules.CpuWritesDeviceMemory : FindingRules.CpuReadsDeviceMemory,
                $"the CPU {(write ? "writes" : "reads")} {name} while {mapping.Device.Name} owns it",
                step.Span);
            step.Checks.Add(new WindowCheck(windows, RaiseInside: true, Verdicts.Contract, finding));
        }

        foreach (var left in write ? [] : _left.Where(l => l.Start < effect.End && effect.Start < l.End).GroupBy(l => l.Mapping))
        {
            int finding = Finding(
                Verdict.Contract, FindingRules.SkipDropsData, $"the CPU reads {name}, which {left.Key.Device.Name} may have written: {left.Key.Name} was unmapped with SKIP_CPU_SYNC and never synced", step.Span);
            step.Checks.Add(new WindowCheck([.. left.Select(l => l.Window.ToWindow())], RaiseInside: true, Verdicts.Contract, finding));
        }

        AddFreed(step, effect.Start, effect.End, null, freed => $"the CPU {(write ? "writes" : "reads")} {freed} after it was freed");
    }

    private void CheckFree(PhysicalStep step, string memory, List<(ulong Start, ulong Size)> runs)
    {
        foreach (Mapping mapping in _allMappings.Where(m => !m.IsShared && m.Error == Errno.None))
        {
            if (!mapping.Entries.Exists(e => runs.Exists(r => r.Start < e.Original + e.Size && e.Original < r.Start + r.Size)))
                continue;
            int finding = Finding(Verdict.Contract, FindingRules.Leak, $"frees {memory} while {mapping.Name} maps it", step.Span);
            step.Checks.Add(new WindowCheck([.. mapping.Live.Select(w => w.ToWindow())], RaiseInside: true, Verdicts.Contract, finding));
        }
    }

    private void AddFreed(PhysicalStep step, ulong start, ulong end, FindingRule? rule, Func<string, string> message)
    {
        foreach (var freed in _freed.Where(f => f.Start < end && start < f.End).GroupBy(f => f.Name))
        {
            ImmutableArray<Window> windows = [.. freed.Select(f => f.Window.ToWindow())];
            if (step.Checks.Exists(c => c.Verdict == Verdicts.Wild && c.RaiseInside && c.Windows.SequenceEqual(windows)))
                continue; // said of another entry of the same call
            step.Checks.Add(new WindowCheck(windows, RaiseInside: true, Verdicts.Wild, Finding(Verdict.Wild, rule, message(freed.Key), step.Span)));
        }
    }

    private static bool Overlaps(Mapping mapping, ulong from, ulong to, MemoryEffect effect)
    {
        foreach ((ulong start, ulong end) in mapping.Originals(from, to))
        {
            if (start < effect.End && effect.Start < end)
                return true;
        }

        return false;
    }

    /// <summary>A CPU wrote memory: what a device left there is gone, and a device that shall see it needs a sync.</summary>
    private void WrittenByCpu(int agent, MemoryEffect effect)
    {
        GivenBack(agent, _agents[agent].Steps.Count, effect.Start, effect.End);
        if (effect.Path == AccessPath.Cached)
            _writtenByCpu.Add((effect.Start, effect.End));
    }

    /// <summary>A range of memory is nobody's leftover any more.</summary>
    private void GivenBack(int agent, int steps, ulong start, ulong end)
    {
        foreach (var left in _left.Where(l => l.Window.IsOpen && l.Start < end && start < l.End).ToArray())
        {
            left.Window.Close(agent, steps);
            if (left.Start < start)
                _left.Add(left with { End = start, Window = new OpenWindow(agent, steps) });
            if (end < left.End)
                _left.Add(left with { Start = end, Window = new OpenWindow(agent, steps) });
        }
    }

    /// <summary>A range of memory was made ready for devices.</summary>
    private void GivenToDevice(ulong start, ulong end)
    {
        foreach ((ulong Start, ulong End) written in _writtenByCpu.Where(w => w.Start < end && start < w.End).ToArray())
        {
            _writtenByCpu.Remove(written);
            if (written.Start < start)
                _writtenByCpu.Add((written.Start, start));
            if (end < written.End)
                _writtenByCpu.Add((end, written.End));
        }
    }
}
