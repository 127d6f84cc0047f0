namespace Handoff.Ownership;

/// <content>Unmaps and frees.</content>
public sealed partial class OwnershipTracker
{
    /// <summary>Attributes that change what a release does.</summary>
    private const DmaAttributes Meaningful = DmaAttributes.SkipCpuSync | DmaAttributes.Mmio | DmaAttributes.RequireCoherent | DmaAttributes.CcShared
        | DmaAttributes.NoKernelMapping | DmaAttributes.ForceContiguous;

    /// <summary>Mappings of one device at one address, the newest first, that a release is compared with. No driver has so many at once.</summary>
    private const int MostCompared = IntervalIndex.MostCompared;

    private int _stopIndex = int.MaxValue; // of the list being released: segments from here on were never mapped

    /// <summary>Whether a release may have these attributes for a mapping made with those: only some of them change what a release does.</summary>
    public static bool AttributesAgree(DmaAttributes map, DmaAttributes release) => ((map ^ release) & Meaningful) == 0;

    /// <summary>Ends the newest mapping that a release fits in every respect.</summary>
    /// <param name="release">The unmap or free.</param>
    /// <returns>Whether there is one. If not, nothing happens and nothing is reported.</returns>
    /// <remarks>For sources whose events may stand in the wrong order: what does not fit yet may fit a map that follows.</remarks>
    public bool EndFitting(in MappingEvent release)
    {
        int left = MostCompared;
        for (int index = _records.First(release.Device, release.Address.Value); index >= 0 && left > 0; index = _records.Next(index), left--)
        {
            ref MappingRecord r = ref _records[index];
            if (r.Size != release.Size || r.Kind != release.Mapping || r.Direction != release.Direction || !AttributesAgree(r.Attributes, release.Attributes))
                continue;
            End(release, index);
            return true;
        }

        return false;
    }

    /// <summary>Whether anything of a device is mapped at just this address.</summary>
    public bool IsMapped(int device, DmaAddress address) => _records.First(device, address.Value) >= 0;

    /// <summary>Whether something of a device at this address was released lately; of what is long ago nothing is remembered.</summary>
    public bool WasReleased(int device, DmaAddress address) => _recent.Find(device, address.Value, out _, out _);

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
        if (r.Kind != e.Mapping || r.Size != e.Size || r.Direction != e.Direction || !AttributesAgree(r.Attributes, e.Attributes)
            || (r.Kind == MappingKind.Sg ? e.ListIndex == 0 : r.Kind != MappingKind.Single))
            Compare(e, r);
        End(e, index);
    }

    private void End(in MappingEvent e, int index)
    {
        ref MappingRecord r = ref _records[index];
        if ((r.Marks & MappingMarks.ErrorUnchecked) != 0)
            Report(FindingRules.UncheckedError, e, r, $"unmaps {Describe(r)} without ever having called dma_mapping_error()");
        if ((r.Marks & MappingMarks.SkippedFirst) != 0 && Facts(r.Device).SyncsVisible)
            ReportSkippedFirst(e, r);
        if ((e.Attributes & DmaAttributes.SkipCpuSync) != 0 && r.DeviceWrites && (r.Bounced || _options.EveryMachine)
            && r.IsStreaming && (r.Marks & MappingMarks.BroughtBack) == 0 && (r.Bounced || Facts(r.Device).SyncsVisible))
            Report(FindingRules.SkipDropsData, e, r, $"{Describe(r)} {(r.Bounced ? "was bounced" : "would bounce elsewhere")}, was not synced for the CPU since the device got it, and is unmapped with SKIP_CPU_SYNC");
        _recent.Add(r.Device, r.Address, r.Size, e.Time);
        Listener?.Ended(r.Mapping, e);
        Remove(index);
    }

    /// <summary>Of the mappings at this very address, the one that fits best; the newest among equals.</summary>
    private int BestMatch(in MappingEvent e)
    {
        int best = _records.First(e.Device, e.Address.Value), most = -1;
        if (best < 0 || (_records.Next(best) < 0 && !IsLater(best, e)))
            return best;
        int perfect = e.Kind == MappingEventKind.Unmap ? 5 : 4, left = MostCompared;
        for (int index = best; index >= 0 && most < perfect && left > 0; index = _records.Next(index), left--)
        {
            ref readonly MappingRecord r = ref _records[index];
            int score = (r.Size == e.Size ? 1 : 0) + (r.Kind == e.Mapping ? 1 : 0) + (r.Direction == e.Direction ? 1 : 0)
                + (r.ListEntries == e.ListEntries ? 1 : 0) + (e.Kind == MappingEventKind.Unmap && r.Attributes == e.Attributes ? 1 : 0);
            if (score > most && !IsLater(index, e))
                (best, most) = (index, score);
        }

        return most < 0 ? -1 : best;
    }

    /// <summary>Whether a mapping was made after a release that its source held back.</summary>
    private bool IsLater(int index, in MappingEvent e) => e.Kind == MappingEventKind.Unmap && !_options.KeepsOrder && _records[index].Time > e.Time;

    private void Compare(in MappingEvent e, in MappingRecord r)
    {
        if (r.Kind != e.Mapping)
            Report(FindingRules.WrongKind, e, r, $"{new DmaAddress(r.Address)} was made as {NameOf(r.Kind)} and is ended as {NameOf(e.Mapping)}");
        if (r.Size != e.Size)
            Report(FindingRules.WrongSize, e, r, $"mapped {r.Size} bytes at {new DmaAddress(r.Address)}, unmaps {e.Size}");
        if (r.Direction != e.Direction)
            Report(FindingRules.WrongDirection, e, r, $"mapped {NameOf(r.Direction)} at {new DmaAddress(r.Address)}, unmaps {NameOf(e.Direction)}");
        if (!AttributesAgree(r.Attributes, e.Attributes))
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
        int other = OtherDeviceWith(e.Device, e.Address.Value);
        if (other >= 0 && !(endedLately && _options.BeginsAnywhere))
        {
            ref readonly MappingRecord o = ref _records[_records.First(other, e.Address.Value)];
            Report(FindingRules.WrongDevice, e, o, $"{Describe(o)} belongs to {Devices[other].Name}");
            return;
        }

        if (endedLately)
        {
            LiveMapping? others = other < 0 ? null : OtherLike(e, other);
            if (time <= e.Time)
                Report(FindingRules.DoubleUnmap, e, $"{e.Address}+{size} ended already at {time}", time, others);
            else
                Report(FindingRules.DoubleUnmap, e, $"{e.Address} had ended already", null, others); // and was used again since, before this event was passed on
            return;
        }

        bool all = FindContaining(e.Device, e.Address.Value, 1, out _, out int inside);
        if (inside < 0 && !all)
            return;
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
