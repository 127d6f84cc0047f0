namespace Handoff.Ownership;

/// <summary>Follows who owns each DMA buffer and reports every broken rule as a numbered <see cref="Finding"/>.</summary>
/// <remarks>
/// One tracker serves a live layer (<see cref="Attach{TMemory}"/>), litmus tests and recordings (<see cref="Process"/>). Memory
/// is proportional to the live mappings. It sees more than the kernel's own checks (<c>CONFIG_DMA_API_DEBUG</c>) and stays silent
/// where it does not know enough. Not thread-safe.
/// </remarks>
public sealed partial class OwnershipTracker : MappingObserver
{
    private readonly OwnershipOptions _options;
    private readonly ulong _lineMask;
    private readonly MappingRecords _records = new();
    private readonly IntervalIndex _byMemory = new();
    private readonly List<IntervalIndex?> _byAddress = []; // per device; made by the first look-up that needs it
    private readonly Dictionary<int, RangeSet> _cpuRanges = []; // of records whose owner is Mixed
    private readonly Stack<RangeSet> _spareRanges = []; // empty ones
    private readonly RecentReleases _recent = new();
    private readonly List<int> _found = []; // scratch of one look-up

    /// <summary>Makes a tracker.</summary>
    public OwnershipTracker(OwnershipOptions? options = null)
    {
        _options = options ?? new OwnershipOptions();
        _lineMask = _options.CacheLineSize - 1;
    }

    /// <summary>Number of live mappings; each segment of a list counts.</summary>
    public int Live => _records.Count;

    /// <summary>Who is told of every mapping that ends; <see langword="null"/> for nobody.</summary>
    public IMappingListener? Listener { get; set; }

    /// <summary>Makes a tracker and lets it watch a layer.</summary>
    /// <param name="layer">The layer; its <see cref="DmaLayer{TMemory}.Observer"/> is replaced.</param>
    /// <param name="options">Options; the machine's cache line is used if omitted.</param>
    public static OwnershipTracker Attach<TMemory>(DmaLayer<TMemory> layer, OwnershipOptions? options = null)
        where TMemory : struct, IMemory
    {
        var tracker = new OwnershipTracker(options ?? new OwnershipOptions { CacheLineSize = layer.Machine.CacheLineSize })
        {
            FactsOf = device => FactsFrom(layer, device),
            IsBounced = (device, address, _) => address.IsMapped && layer.IsBounced(device, address),
        };
        layer.Observer = tracker;
        return tracker;
    }

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
                CheckError(e);
                break;
            case MappingEventKind.SyncForCpu or MappingEventKind.SyncForDevice:
                Sync(e, e.Kind == MappingEventKind.SyncForCpu);
                break;
            case MappingEventKind.CpuRead or MappingEventKind.CpuWrite:
                CpuAccess(e, e.Kind == MappingEventKind.CpuWrite);
                break;
            case MappingEventKind.DeviceRead or MappingEventKind.DeviceWrite:
                DeviceAccess(e, e.Kind == MappingEventKind.DeviceWrite);
                break;
            default:
                ReportLeaks(e.Device, e.Time);
                break;
        }
    }

    /// <summary>Reports what is still mapped, at the end of a program or when a device is released.</summary>
    /// <param name="device">Number of the device, or -1 for all.</param>
    /// <param name="time">When.</param>
    /// <remarks>The mappings stay known, as in the kernel's check. Do not call it at the end of a recording: there, live is no leak.</remarks>
    public void ReportLeaks(int device = -1, long time = 0)
    {
        foreach (int index in _records.Numbers().Where(i => device < 0 || _records[i].Device == device).OrderBy(i => _records[i].Time).ThenBy(i => _records[i].Address))
        {
            ref MappingRecord r = ref _records[index];
            string what = $"{Describe(r)} was never {(r.IsStreaming ? "unmapped" : "freed")}";
            Report(FindingRules.Leak, r.Device, time, new(r.Address), r, what);
        }
    }

    private static DeviceFacts FactsFrom<TMemory>(DmaLayer<TMemory> layer, Device device)
        where TMemory : struct, IMemory =>
        new(
            device.Name,
            layer.Rules.IsCoherent(device),
            device.MaxSegmentSize,
            device.SegmentBoundaryMask,
            layer.MaxMappingSize(device) is var most && most == ulong.MaxValue ? null : most);

    private void Map(in MappingEvent e)
    {
        if (_options.MemoryUseOf is not null && e.Original.IsValid && e.Mapping is (MappingKind.Single or MappingKind.Sg))
            CheckMemory(e);
        if (!e.Address.IsMapped)
            return;
        if (e.Mapping == MappingKind.Coherent && _options.KeepsOrder)
            EndUnseenFree(e);

        int index = _records.Take();
        ref MappingRecord r = ref _records[index];
        r.Begin(e);
        if (_options.ErrorChecksVisible && e.Mapping is (MappingKind.Single or MappingKind.Resource))
            r.Marks = MappingMarks.ErrorUnchecked;
        if (r.IsStreaming && Facts(r.Device) is { HasLimits: true } facts)
            CheckLimits(r, facts);
        if (r.KnowsMemory && r.Kind != MappingKind.Resource)
        {
            CheckLines(index);
            _byMemory.Insert(r.Original, r.Size, index);
        }

        _records.Add(index);
        if (r.Device < _byAddress.Count)
            _byAddress[r.Device]?.Insert(r.Address, r.Size, index);
    }

    private void CheckError(in MappingEvent e)
    {
        for (int index = _records.First(e.Device, e.Address.Value); index >= 0; index = _records.Next(index))
        {
            ref MappingRecord r = ref _records[index];
            if ((r.Marks & MappingMarks.ErrorUnchecked) == 0)
                continue;
            r.Marks &= ~MappingMarks.ErrorUnchecked;
            return;
        }
    }

    private void Remove(int index)
    {
        ref MappingRecord r = ref _records[index];
        if (r.KnowsMemory && r.Kind != MappingKind.Resource)
            _byMemory.Remove(r.Original, r.Size, index);
        if (r.Device < _byAddress.Count)
            _byAddress[r.Device]?.Remove(r.Address, r.Size, index);
        if (r.Owner == MappingOwner.Mixed)
            ForgetRanges(index);
        _records.Remove(index);
    }

    /// <summary>Finds the mapping of a device that contains a range, whose start may be anywhere in it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="address">Start of the range.</param>
    /// <param name="size">Bytes of the range.</param>
    /// <param name="containing">The mapping; -1 if none.</param>
    /// <param name="startsIn">A mapping that contains the start; -1 if none.</param>
    /// <param name="direction">The direction that is preferred.</param>
    /// <returns>Whether all mappings there were compared; if not, that there is none means nothing.</returns>
    private bool FindContaining(int device, ulong address, ulong size, out int containing, out int startsIn, DmaDirection? direction = null)
    {
        startsIn = -1;
        containing = -1;
        _found.Clear();
        bool all = IndexOf(device).Overlapping(address, 1, _found);
        foreach (int index in _found)
        {
            ref readonly MappingRecord r = ref _records[index];
            startsIn = index;
            if (size > r.End - address)
                continue;
            if (containing < 0 || IsBetter(r, _records[containing], direction))
                containing = index;
        }

        return all;
    }

    /// <summary>Of two mappings around an address, the one in the right direction, and of two such the smaller one.</summary>
    private static bool IsBetter(in MappingRecord r, in MappingRecord than, DmaDirection? direction)
    {
        bool fits = r.Direction == direction, otherFits = than.Direction == direction;
        return fits == otherFits ? r.Size < than.Size : fits;
    }

    private IntervalIndex IndexOf(int device)
    {
        while (_byAddress.Count <= device)
            _byAddress.Add(null);
        if (_byAddress[device] is { } known)
            return known;
        var made = new IntervalIndex();
        foreach (int index in _records.Numbers())
        {
            if (_records[index].Device == device)
                made.Insert(_records[index].Address, _records[index].Size, index);
        }

        _byAddress[device] = made;
        return made;
    }

    /// <summary>The number of another device that has exactly this address mapped; -1 if none.</summary>
    private int OtherDeviceWith(int device, ulong address)
    {
        for (int other = 0; other < Devices.Count; other++)
        {
            if (other != device && _records.First(other, address) >= 0)
                return other;
        }

        return -1;
    }

    /// <summary>The mapping of another device at an address that is most like a release.</summary>
    private LiveMapping OtherLike(in MappingEvent release, int first)
    {
        for (int device = first; device < Devices.Count; device++)
        {
            if (device == release.Device)
                continue;
            int left = MostCompared;
            for (int index = _records.First(device, release.Address.Value); index >= 0 && left > 0; index = _records.Next(index), left--)
            {
                ref readonly MappingRecord r = ref _records[index];
                if (r.Size == release.Size && r.Kind == release.Mapping && r.Direction == release.Direction)
                    return r.Mapping;
            }
        }

        return _records[_records.First(first, release.Address.Value)].Mapping;
    }

    private bool IsKnownCoherent(int device) => Facts(device).Coherent == true;

    /// <summary>Whether cache effects matter for the device: it is not known to be coherent, or every machine is meant.</summary>
    private bool CachesMatter(int device) => _options.EveryMachine || !IsKnownCoherent(device);
}
