using System.Runtime.InteropServices;

namespace Handoff.Ownership;

/// <content>What is wrong with a map by itself, and beside others.</content>
public sealed partial class OwnershipTracker
{
    private void CheckMemory(in MappingEvent e)
    {
        MemoryUse use = _options.MemoryUseOf!(e.Original, e.Size);
        FindingRule? rule = use switch
        {
            MemoryUse.Stack => FindingRules.MapOfStack,
            MemoryUse.Vmalloc => FindingRules.MapOfVmalloc,
            MemoryUse.KernelText => FindingRules.MapOfText,
            MemoryUse.NotRam when (e.Attributes & DmaAttributes.Mmio) == 0 => FindingRules.MapOfNoRam,
            _ => null,
        };
        if (rule is not null)
            Report(rule, e, $"maps {e.Size} bytes at {e.Original}");
    }

    private void CheckLimits(in MappingRecord r, DeviceFacts facts)
    {
        if (r.Kind == MappingKind.Single)
        {
            if (r.Size > facts.MaxMappingSize)
                Report(FindingRules.MappingTooLarge, r.Device, r.Time, new(r.Address), r, $"maps {r.Size} bytes, dma_max_mapping_size() is {facts.MaxMappingSize}");
            return;
        }

        if (r.Size > facts.MaxSegmentSize)
            Report(FindingRules.SegmentTooLong, r.Device, r.Time, new(r.Address), r, $"maps a segment of {r.Size} bytes, the device takes {facts.MaxSegmentSize}");
        if (facts.SegmentBoundaryMask is { } mask && r.Size > 0 && ((r.Address ^ (r.End - 1)) & ~mask) != 0)
            Report(FindingRules.SegmentAcrossBoundary, r.Device, r.Time, new(r.Address), r, $"segment {new DmaAddress(r.Address)}+{r.Size} crosses boundary 0x{mask:x}");
    }

    /// <summary>Looks for other mappings in the same bytes or cache lines, and decides whether skipping cache work is the buffer's first map.</summary>
    private void CheckLines(int index)
    {
        ref MappingRecord r = ref _records[index];
        ulong start = r.Original & ~_lineMask, end = (r.Original + r.Size + _lineMask) & ~_lineMask;
        _found.Clear();
        bool all = _byMemory.Overlapping(start, end - start, _found);
        bool skips = (r.Attributes & DmaAttributes.SkipCpuSync) != 0 && r.IsStreaming;
        if (_found.Count == 0 && !skips)
            return;
        bool mappedBefore = !all; // where very many are mapped, one of those not looked at may be it
        foreach (int other in CollectionsMarshal.AsSpan(_found))
        {
            ref MappingRecord o = ref _records[other];
            if (!o.IsStreaming || !r.IsStreaming)
                continue;
            mappedBefore |= o.Original <= r.Original && r.Original + r.Size <= o.Original + o.Size && (o.Marks & MappingMarks.SkippedFirst) == 0;
            if ((o.DeviceWrites || r.DeviceWrites) && (r.Marks & MappingMarks.OverlapReported) == 0)
                CheckPair(ref r, o);
        }

        if (!skips)
            return;
        if (r.Bounced && CachesMatter(r.Device) && r.Direction != DmaDirection.FromDevice)
            Report(FindingRules.SkipHidesCopy, r.Device, r.Time, new(r.Address), r, $"{Describe(r)} bounces; the copy in the slot is not cleaned from the cache");
        if (!mappedBefore && CachesMatter(r.Device))
            r.Marks |= MappingMarks.SkippedFirst;
    }

    private void CheckPair(ref MappingRecord r, in MappingRecord o)
    {
        const DmaAttributes agreed = DmaAttributes.SkipCpuSync | DmaAttributes.DebuggingIgnoreCachelines;
        if (((r.Attributes | o.Attributes) & agreed) != 0)
            return;
        bool bytes = r.Original < o.Original + o.Size && o.Original < r.Original + r.Size;
        bool caches = CachesMatter(r.Device) || CachesMatter(o.Device);
        if (bytes ? !caches && !r.Bounced && !o.Bounced : !caches || ((r.Bounced || o.Bounced) && !_options.EveryMachine))
            return;
        r.Marks |= MappingMarks.OverlapReported;
        string beside = o.Device == r.Device ? "" : $" for {Devices[o.Device].Name}";
        Report(
            bytes ? FindingRules.Overlap : FindingRules.SharedLine,
            r.Device,
            r.Time,
            new(r.Address),
            r,
            $"maps memory {new PhysicalAddress(r.Original)}+{r.Size} ({NameOf(r.Direction)}) while {new PhysicalAddress(o.Original)}+{o.Size} ({NameOf(o.Direction)}) is mapped{beside}",
            o.Mapping);
    }
}
