namespace Handoff.Ownership;

/// <content>Accesses to the memory itself, where the source knows of them.</content>
public sealed partial class OwnershipTracker
{
    private void CpuAccess(in MappingEvent e, bool write)
    {
        ulong start = e.Original.Value, end = start + e.Size;
        _found.Clear();
        if (write)
            _byMemory.Overlapping(start & ~_lineMask, ((end + _lineMask) & ~_lineMask) - (start & ~_lineMask), _found);
        else
            _byMemory.Overlapping(start, e.Size, _found);

        foreach (int index in _found)
        {
            ref readonly MappingRecord r = ref _records[index];
            if (!r.IsStreaming)
                continue;
            ulong from = Math.Max(start, r.Original), to = Math.Min(end, r.Original + r.Size);
            if (from >= to)
            {
                bool harmless = r.Bounced && !_options.EveryMachine;
                if (r.DeviceWrites && r.Owner != MappingOwner.Cpu && CachesMatter(r.Device) && !harmless)
                    Report(FindingRules.CpuWritesBeside, e, r, $"the CPU writes {e.Original}+{e.Size}, in one cache line with {new PhysicalAddress(r.Original)}+{r.Size} of {Describe(r)}");
                continue;
            }

            if (CpuOwns(index, from - r.Original, to - r.Original))
                continue;
            if (write)
                Report(FindingRules.CpuWritesDeviceMemory, e, r, $"the CPU writes {e.Original}+{e.Size} while the device owns {Describe(r)}");
            else if (r.DeviceWrites)
                Report(FindingRules.CpuReadsDeviceMemory, e, r, $"the CPU reads {e.Original}+{e.Size} while the device owns {Describe(r)}");
        }
    }

    private void DeviceAccess(in MappingEvent e, bool write)
    {
        string verb = write ? "writes" : "reads";
        bool all = FindContaining(e.Device, e.Address.Value, Math.Max(e.Size, 1), out int index, out int startsIn);
        if (index < 0)
        {
            if (!all)
                return;
            if (startsIn >= 0)
                Report(FindingRules.DeviceAccessPastEnd, e, _records[startsIn], $"{verb} {e.Address}+{e.Size}, past the end of {Describe(_records[startsIn])}");
            else if (_recent.Find(e.Device, e.Address.Value, out ulong size, out long time))
                Report(FindingRules.DeviceAccessAfterUnmap, e, $"{verb} {e.Address}+{e.Size}; {e.Address}+{size} ended at {time}");
            else
                Report(FindingRules.DeviceAccessToNothing, e, $"{verb} {e.Address}+{e.Size}; nothing is mapped there");
            return;
        }

        ref MappingRecord r = ref _records[index];
        if (!r.IsStreaming)
            return;
        if (write ? r.Direction == DmaDirection.ToDevice : r.Direction == DmaDirection.FromDevice)
            Report(FindingRules.DeviceAccessAgainstDirection, e, r, $"{verb} {e.Address}+{e.Size} of {Describe(r)}");
        ulong offset = e.Address.Value - r.Address;
        if (CpuOwnsSome(index, offset, offset + e.Size))
            Report(FindingRules.DeviceAccessWhileCpuOwns, e, r, $"{verb} {e.Address}+{e.Size} of {Describe(r)}, synced for the CPU and not given back");
        if ((r.Marks & MappingMarks.SkippedFirst) != 0)
        {
            ReportSkippedFirst(e, r);
            r.Marks &= ~MappingMarks.SkippedFirst;
        }

        if ((r.Marks & MappingMarks.ErrorUnchecked) != 0)
        {
            Report(FindingRules.UncheckedError, e, r, $"the device uses {Describe(r)} before dma_mapping_error() was called");
            r.Marks &= ~MappingMarks.ErrorUnchecked;
        }
    }
}
