using Handoff.Kernels;

namespace Handoff.Ownership;

/// <summary>Exactly what <c>CONFIG_DMA_API_DEBUG</c> would say of the same calls: no more, no less, its blind spots included.</summary>
/// <remarks>
/// Kernel: <c>kernel/dma/debug.c</c>, 6.12. Checks: M1 to M7 at a map (memory, segments, shared lines), U1 to U8 at an unmap, S1 to
/// S6 at a sync, L when the driver is unbound, A (7.2) for attributes. For what else is wrong see <see cref="OwnershipTracker"/>.
/// </remarks>
public sealed partial class DmaApiDebug : MappingObserver
{
    private const int BucketShift = 13, Buckets = 16384, MostOverlaps = 7;

    private readonly DmaApiDebugOptions _options;
    private readonly Dictionary<int, List<Entry>> _buckets = [];
    private readonly Dictionary<ulong, int> _lines = []; // first line of each tracked entry, and how many more entries begin in it
    private readonly List<DmaApiDebugReport> _reports = [];
    private int _left; // errors still to print
    private bool _saidTooMany;
    private int _mappedInList; // of the list being worked on; 0 if its first entry is not known

    private sealed class Entry
    {
        public required int Device { get; init; }

        public required ulong Address { get; init; }

        public required ulong Size { get; init; }

        public required MappingKind Kind { get; init; }

        public required DmaDirection Direction { get; init; }

        public required int CallEntries { get; init; }

        public int MappedEntries { get; init; }

        public ulong Physical { get; init; }

        public DmaAttributes Attributes { get; init; }

        public bool Unchecked { get; set; }
    }

    /// <summary>Starts watching.</summary>
    public DmaApiDebug(DmaApiDebugOptions? options = null)
    {
        _options = options ?? new DmaApiDebugOptions();
        _left = _options.ErrorsToPrint;
    }

    /// <summary>Every error detected, printed or not.</summary>
    public IReadOnlyList<DmaApiDebugReport> Reports => _reports;

    /// <summary>Number of errors detected. Kernel: debugfs <c>error_count</c>.</summary>
    public int ErrorCount => _reports.Count;

    /// <inheritdoc/>
    public override void Process(in MappingEvent e)
    {
        switch (e.Kind)
        {
            case MappingEventKind.Map:
                Map(e);
                break;
            case MappingEventKind.Unmap:
                Unmap(e);
                break;
            case MappingEventKind.ErrorCheck:
                if (Bucket(e.Address.Value)?.Find(Exactly(e.Device, e.Address.Value, mustBeUnchecked: true)) is { } entry)
                    entry.Unchecked = false;
                break;
            case MappingEventKind.SyncForCpu or MappingEventKind.SyncForDevice:
                Sync(e, e.Kind == MappingEventKind.SyncForCpu);
                break;
            case MappingEventKind.DeviceReleased:
                Released(e);
                break;
            default: // accesses to the memory itself are not seen
                break;
        }
    }

    private static Predicate<Entry> Exactly(int device, ulong address, bool mustBeUnchecked) =>
        entry => entry.Device == device && entry.Address == address && (entry.Unchecked || !mustBeUnchecked);

    private static Entry ReferenceOf(in MappingEvent e) => new()
    {
        Device = e.Device,
        Address = e.Address.Value,
        Size = e.Size,
        Kind = e.Mapping,
        Direction = e.Direction,
        CallEntries = e.ListEntries,
        MappedEntries = e.ListSegments,
        Physical = e.Original.Value,
        Attributes = e.Attributes,
        Unchecked = e.Mapping is MappingKind.Single or MappingKind.Resource,
    };

    private void Map(in MappingEvent e)
    {
        if (e.Mapping is MappingKind.Single or MappingKind.Sg && _options.MemoryUseOf is not null && e.Original.IsValid)
            CheckMemory(e);
        if (!e.Address.IsMapped && e.Mapping != MappingKind.Resource)
            return;
        if (e.Mapping == MappingKind.Sg && _options.ChecksSegments)
            CheckSegment(e);

        Entry entry = ReferenceOf(e);
        int bucket = BucketOf(entry.Address);
        if (!_buckets.TryGetValue(bucket, out List<Entry>? list))
            _buckets.Add(bucket, list = []);
        list.Add(entry);
        if (!TakeLine(entry, e.Time) && ReportsOverlap(e))
            Report("M7", e, "cacheline tracking EEXIST, overlapping mappings aren't supported");
    }

    private void CheckMemory(in MappingEvent e)
    {
        switch (_options.MemoryUseOf!(e.Original, e.Size))
        {
            case MemoryUse.NotRam when e.Mapping == MappingKind.Single:
                Report("M1", e, $"device driver maps memory from invalid area [addr={e.Original}] [len={e.Size}]");
                break;
            case MemoryUse.Vmalloc when e.Mapping == MappingKind.Single:
                Report("M2", e, $"device driver maps memory from vmalloc area [addr={e.Original}] [len={e.Size}]");
                break;
            case MemoryUse.Stack when e.Address.IsMapped: // looked at with the record, which a failed map does not get
                Report("M3", e, $"device driver maps memory from stack [addr={e.Original}]");
                break;
            case MemoryUse.KernelText when e.Address.IsMapped:
                Report("M4", e, $"device driver maps memory from kernel text or rodata [addr={e.Original}] [len={e.Size}]");
                break;
            default:
                break;
        }
    }

    private void CheckSegment(in MappingEvent e)
    {
        DeviceFacts facts = Devices[e.Device];
        if (e.Size > facts.MaxSegmentSize)
            Report("M5", e, $"mapping sg segment longer than device claims to support [len={e.Size}] [max={facts.MaxSegmentSize}]");
        ulong start = e.Address.Value, end = start + e.Size - 1;
        if (facts.SegmentBoundaryMask is { } mask && ((start ^ end) & ~mask) != 0)
            Report("M6", e, $"mapping sg segment across boundary [start=0x{start:x16}] [end=0x{end:x16}] [boundary=0x{mask:x16}]");
    }

    private bool ReportsOverlap(in MappingEvent e)
    {
        DebugChecks checks = _options.Kernel.DebugChecks;
        if (checks == DebugChecks.NoOverlap || (e.Attributes & DmaAttributes.SkipCpuSync) != 0)
            return false;
        if (checks >= DebugChecks.OverlapAllowedByAttribute && (e.Attributes & DmaAttributes.DebuggingIgnoreCachelines) != 0)
            return false;
        return checks < DebugChecks.OverlapMutedByBouncing
            || !_options.Kernel.KmallocBounce || !_options.NonCoherentArchitecture || !_options.HasBouncePool(Devices[e.Device]);
    }

    /// <summary>Notes the first line of an entry that the device writes. False if another entry begins in the same line.</summary>
    private bool TakeLine(Entry entry, long time)
    {
        if (entry.Direction == DmaDirection.ToDevice)
            return true;
        ulong line = entry.Physical / _options.CacheLineSize;
        if (_lines.TryAdd(line, 0))
            return true;
        if (_lines[line] < MostOverlaps)
        {
            _lines[line]++;
        }
        else if (!_saidTooMany)
        {
            _saidTooMany = true;
            _reports.Add(new DmaApiDebugReport("M7", Devices[entry.Device].Name, time, $"DMA-API: exceeded {MostOverlaps} overlapping mappings of cacheline 0x{line:x}", true));
        }

        return false;
    }

    private void GiveLine(Entry entry)
    {
        ulong line = entry.Physical / _options.CacheLineSize;
        if (entry.Direction == DmaDirection.ToDevice || !_lines.TryGetValue(line, out int more))
            return;
        if (more == 0)
            _lines.Remove(line);
        else
            _lines[line] = more - 1;
    }

    private void Released(in MappingEvent e)
    {
        Entry? last = null;
        int count = 0;
        foreach (int bucket in _buckets.Keys.Order())
        {
            foreach (Entry entry in _buckets[bucket])
            {
                if (entry.Device == e.Device)
                    (last, count) = (entry, count + 1);
            }
        }

        if (last is not null)
            Report("L", e, $"device driver has pending DMA allocations while released from device [count={count}] One of leaked entries details: [device address=0x{last.Address:x16}] [size={last.Size} bytes] [mapped with {NameOf(last.Direction)}] [mapped as {NameOf(last.Kind)}]");
    }

    private void Report(string check, in MappingEvent e, string text)
    {
        DeviceFacts facts = Devices[e.Device];
        bool printed = _options.PrintsAll || _left > 0;
        if (!_options.PrintsAll && _left > 0)
            _left--;
        _reports.Add(new DmaApiDebugReport(check, facts.Name, e.Time, $"DMA-API: {facts.Driver ?? "driver"} {facts.Name}: {text}", printed));
    }

    private List<Entry>? Bucket(ulong address) => _buckets.GetValueOrDefault(BucketOf(address));

    private static int BucketOf(ulong address) => (int)((address >> BucketShift) & (Buckets - 1));

    private static string NameOf(DmaDirection direction) => direction switch
    {
        DmaDirection.ToDevice => "DMA_TO_DEVICE",
        DmaDirection.FromDevice => "DMA_FROM_DEVICE",
        DmaDirection.Bidirectional => "DMA_BIDIRECTIONAL",
        _ => "DMA_NONE",
    };

    private static string NameOf(MappingKind kind) => kind switch
    {
        MappingKind.Single => "single",
        MappingKind.Sg => "scatter-gather",
        MappingKind.Coherent => "coherent",
        MappingKind.Resource => "resource",
        _ => "noncoherent",
    };
}
