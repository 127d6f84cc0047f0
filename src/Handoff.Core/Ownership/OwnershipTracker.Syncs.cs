namespace Handoff.Ownership;

/// <content>Syncs: passing a mapping back and forth.</content>
public sealed partial class OwnershipTracker
{
    private void Sync(in MappingEvent e, bool forCpu)
    {
        if (!e.Address.IsMapped)
        {
            Report(FindingRules.SyncOfNothing, e, "syncs the error value of a failed map");
            return;
        }

        int index = FindForSync(e);
        if (index < 0)
            return;
        ref MappingRecord r = ref _records[index];
        if (r.Direction != e.Direction && r.Direction != DmaDirection.Bidirectional)
            CompareSync(e, r, forCpu);
        if (e.ListIndex == 0 && e.Mapping == MappingKind.Sg && r.Kind == MappingKind.Sg && r.ListEntries != e.ListEntries)
            Report(FindingRules.SyncEntryCount, e, r, $"mapped a list of {r.ListEntries} entries, syncs {e.ListEntries}");

        Listener?.Synced(r.Mapping, e);
        if (forCpu)
        {
            r.Marks |= MappingMarks.BroughtBack;
            r.Mapping.SyncedForCpu = true;
        }
        else
        {
            r.Marks &= ~(MappingMarks.SkippedFirst | MappingMarks.BroughtBack);
            r.Mapping.SyncedForDevice = true;
        }

        PassTo(index, e.Address.Value - r.Address, e.Size, forCpu);
    }

    /// <summary>The mapping that a sync means; reports and gives -1 if there is none.</summary>
    private int FindForSync(in MappingEvent e)
    {
        int best = BestMatch(e);
        if (best >= 0 && e.Size <= _records[best].Size)
            return Agrees(best, e) ? best : InOtherOrder(best, e);
        int left = MostCompared;
        for (int same = best < 0 ? -1 : _records.First(e.Device, e.Address.Value); same >= 0 && left > 0; same = _records.Next(same), left--)
        {
            if (e.Size <= _records[same].Size)
                return same;
        }

        bool all = FindContaining(e.Device, e.Address.Value, Math.Max(e.Size, 1), out int index, out int startsIn, e.Direction);
        if (index >= 0 || !all)
            return index;
        if (startsIn >= 0)
        {
            ref readonly MappingRecord r = ref _records[startsIn];
            Report(FindingRules.SyncPastEnd, e, r, $"syncs {e.Size} bytes at {e.Address}, {e.Size - (r.End - e.Address.Value)} past the end of {Describe(r)}");
        }
        else
        {
            ReportUnknownSync(e);
        }

        return -1;
    }

    private bool Agrees(int index, in MappingEvent e) => _records[index].Direction is var direction && (direction == e.Direction || direction == DmaDirection.Bidirectional);

    /// <summary>
    /// A sync disagrees with the mapping that begins at its address. If events come out of order, that one may have ended already, and the sync be about a part
    /// of another one around it.
    /// </summary>
    private int InOtherOrder(int index, in MappingEvent e)
    {
        if (_options.KeepsOrder)
            return index;
        FindContaining(e.Device, e.Address.Value, Math.Max(e.Size, 1), out int other, out _, e.Direction);
        return other >= 0 && Agrees(other, e) ? other : index;
    }

    private void ReportUnknownSync(in MappingEvent e)
    {
        bool endedLately = _recent.Find(e.Device, e.Address.Value, out ulong size, out long time);
        if (OtherDeviceWith(e.Device, e.Address.Value) is >= 0 and int other && !(endedLately && _options.BeginsAnywhere))
        {
            ref readonly MappingRecord o = ref _records[_records.First(other, e.Address.Value)];
            Report(FindingRules.SyncWrongDevice, e, o, $"{Describe(o)} belongs to {Devices[other].Name}");
        }
        else if (endedLately)
        {
            Report(FindingRules.SyncAfterUnmap, e, $"{e.Address}+{size} ended at {time}", time);
        }
        else if (_options.BeginsAnywhere)
        {
            Listener?.Unknown(e);
        }
        else
        {
            Report(FindingRules.SyncOfNothing, e, $"syncs {e.Address}+{e.Size}; nothing is mapped there");
        }
    }

    /// <summary>Not for BIDIRECTIONAL mappings: those may be synced in any direction.</summary>
    private void CompareSync(in MappingEvent e, in MappingRecord r, bool forCpu)
    {
        FindingRule rule = FindingRules.SyncDirection;
        if (forCpu && r.Direction == DmaDirection.ToDevice)
            rule = FindingRules.SyncReadOnlyForCpu;
        else if (!forCpu && r.Direction == DmaDirection.FromDevice)
            rule = FindingRules.SyncWriteOnlyForDevice;
        Report(rule, e, r, $"{Describe(r)} is synced {NameOf(e.Direction)} for {(forCpu ? "the CPU" : "the device")}");
    }

    private void PassTo(int index, ulong offset, ulong size, bool toCpu)
    {
        ref MappingRecord r = ref _records[index];
        if (offset == 0 && size >= r.Size)
        {
            if (r.Owner == MappingOwner.Mixed)
                ForgetRanges(index);
            r.Owner = toCpu ? MappingOwner.Cpu : MappingOwner.Device;
            return;
        }

        if (!_options.AccessesVisible || r.Owner == (toCpu ? MappingOwner.Cpu : MappingOwner.Device))
            return;
        if (!_cpuRanges.TryGetValue(index, out RangeSet? ranges))
        {
            _cpuRanges.Add(index, ranges = _spareRanges.TryPop(out RangeSet? spare) ? spare : new RangeSet());
            if (r.Owner == MappingOwner.Cpu)
                ranges.Add(0, r.Size);
            r.Owner = MappingOwner.Mixed;
        }

        if (toCpu)
            ranges.Add(offset, offset + size);
        else
            ranges.Remove(offset, offset + size);
    }

    private void ForgetRanges(int index)
    {
        if (!_cpuRanges.Remove(index, out RangeSet? ranges))
            return;
        ranges.Clear();
        _spareRanges.Push(ranges);
    }

    /// <summary>Whether the CPU owns all of these bytes, counted from the start of the mapping.</summary>
    private bool CpuOwns(int index, ulong start, ulong end) => _records[index].Owner switch
    {
        MappingOwner.Cpu => true,
        MappingOwner.Device => false,
        _ => _cpuRanges[index].Covers(start, end),
    };

    private bool CpuOwnsSome(int index, ulong start, ulong end) => _records[index].Owner switch
    {
        MappingOwner.Cpu => true,
        MappingOwner.Device => false,
        _ => _cpuRanges[index].Touches(start, end),
    };
}
