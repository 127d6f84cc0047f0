namespace Handoff.Ownership;

/// <content>Unmaps and frees.</content>
public sealed partial class OwnershipTracker
{
    /// <summary>Attributes that change what a release does.</summary>
    private const DmaAttributes Meaningful = DmaAttributes.SkipCpuSync | DmaAttributes.Mmio | DmaAttributes.RequireCoherent | DmaAttributes.CcShared
        | DmaAttributes.NoKernelMapping | DmaAttributes.ForceContiguous;

    private int _stopIndex = int.MaxValue; // of the list being released: segments from here on were never mapped

    private void Unmap(in MappingEvent e)
    {
        if (e.Mapping == MappingKind.Sg)
        {
            if (e.ListIndex == 0)
                _stopIndex = int.MaxValue;
            if (e.ListIndex >= _stopIndex)
                return;
        }

        if (!e.Address.IsMapped)
        {
            Report(FindingRules.UnmapOfError, e, $"unmaps the error value ({e.Size} bytes)");
            return;
        }

        int index = BestMatch(e);
        if (index < 0)
        {
            ReportUnknown(e);
            return;
        }

        ref MappingRecord r = ref _records[index];
        if (r.Kind != e.Mapping || r.Size != e.Size || r.Direction != e.Direction || ((r.Attributes ^ e.Attributes) & Meaningful) != 0 || r.Kind != MappingKind.Single)
            Compare(e, r);
        if ((r.Marks & MappingMarks.ErrorUnchecked) != 0)
            Report(FindingRules.UncheckedError, e, r, $"unmaps {Describe(r)} without ever having called dma_mapping_error()");
        if ((r.Marks & MappingMarks.SkippedFirst) != 0 && Devices[r.Device].SyncsVisible)
            ReportSkippedFirst(e, r);
        if ((e.Attributes & DmaAttributes.SkipCpuSync) != 0 && r.DeviceWrites && (r.Bounced || _options.EveryMachine)
            && r.IsStreaming && (r.Marks & MappingMarks.BroughtBack) == 0 && (r.Bounced || Devices[r.Device].SyncsVisible))
            Report(FindingRules.SkipDropsData, e, r, $"{Describe(r)} {(r.Bounced ? "was bounced" : "would bounce elsewhere")}, was not synced for the CPU since the device got it, and is unmapped with SKIP_CPU_SYNC");
        _recent.Add(r.Device, r.Address, r.Size, e.Time);
        Listener?.Ended(new LiveMapping(r), e);
        Remove(index);
    }

    /// <summary>Of the mappings at this very address, the one that fits best; the newest among equals.</summary>
    private int BestMatch(in MappingEvent e)
    {
        int best = _records.First(e.Device, e.Address.Value), most = -1;
        if (best < 0)
            return -1;
        if (_records.Next(best) < 0)
            return best;
        for (int index = best; index >= 0; index = _records.Next(index))
        {
            ref readonly MappingRecord r = ref _records[index];
            int score = (r.Size == e.Size ? 1 : 0) + (r.Kind == e.Mapping ? 1 : 0) + (r.Direction == e.Direction ? 1 : 0)
                + (r.ListEntries == e.ListEntries ? 1 : 0);
            if (score > most)
                (best, most) = (index, score);
        }

        return best;
    }

    private void Compare(in MappingEvent e, in MappingRecord r)
    {
        if (r.Kind != e.Mapping)
            Report(FindingRules.WrongKind, e, r, $"{new DmaAddress(r.Address)} was made as {NameOf(r.Kind)} and is ended as {NameOf(e.Mapping)}");
        if (r.Size != e.Size)
            Report(FindingRules.WrongSize, e, r, $"mapped {r.Size} bytes at {new DmaAddress(r.Address)}, unmaps {e.Size}");
        if (r.Direction != e.Direction)
            Report(FindingRules.WrongDirection, e, r, $"mapped {NameOf(r.Direction)} at {new DmaAddress(r.Address)}, unmaps {NameOf(e.Direction)}");
        if (((r.Attributes ^ e.Attributes) & Meaningful) != 0)
            Report(FindingRules.WrongAttributes, e, r, $"mapped with attributes {r.Attributes}, unmaps with {e.Attributes}");
        if (r.Kind == e.Mapping && r.Kind is (MappingKind.Coherent or MappingKind.Noncoherent) && e.Original.IsValid && r.KnowsMemory && r.Original != e.Original.Value)
            Report(FindingRules.WrongCpuAddress, e, r, $"allocated memory {new PhysicalAddress(r.Original)}, frees {e.Original}");
        if (e.Mapping == MappingKind.Sg && r.Kind == MappingKind.Sg && e.ListIndex == 0)
        {
            if (r.ListEntries != e.ListEntries)
                Report(FindingRules.WrongEntryCount, e, r, $"mapped a list of {r.ListEntries} entries, unmaps {e.ListEntries}");
            _stopIndex = r.ListSegments;
        }
    }

    private void ReportSkippedFirst(in MappingEvent e, in MappingRecord r) =>
        Report(FindingRules.SkipOnFirstMap, e, r, $"{Describe(r)} was the first map of its buffer, with SKIP_CPU_SYNC, and was never synced for the device");

    private void ReportUnknown(in MappingEvent e)
    {
        bool endedLately = _recent.Find(e.Device, e.Address.Value, out ulong size, out long time);
        if (OtherDeviceWith(e.Device, e.Address.Value) is >= 0 and int other && !(endedLately && _options.BeginsAnywhere))
        {
            ref readonly MappingRecord o = ref _records[_records.First(other, e.Address.Value)];
            Report(FindingRules.WrongDevice, e, o, $"{Describe(o)} belongs to {Devices[other].Name}");
            return;
        }

        if (endedLately)
        {
            Report(FindingRules.DoubleUnmap, e, $"{e.Address}+{size} ended already at {time}", time);
            return;
        }

        FindContaining(e.Device, e.Address.Value, 1, out int inside);
        if (inside < 0 && _options.BeginsAnywhere)
        {
            Listener?.Unknown(e);
            return;
        }

        if (inside < 0)
            Report(FindingRules.UnknownUnmap, e, $"unmaps {e.Address}+{e.Size}; nothing is mapped there");
        else
            Report(FindingRules.UnknownUnmap, e, _records[inside], $"unmaps {e.Address}+{e.Size}; it lies {e.Address.Value - _records[inside].Address} bytes inside {Describe(_records[inside])}");
    }
}
