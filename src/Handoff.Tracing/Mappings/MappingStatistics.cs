using System.Runtime.CompilerServices;
using Handoff.Ownership;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Mappings;

/// <summary>Figures of a recording: devices, pools, failures, the load over time. Memory does not grow with the recording.</summary>
public sealed class MappingStatistics
{
    private readonly RecordingReader _reader;
    private readonly MachineFacts? _facts;
    private readonly PoolSet _pools;
    private readonly FailureLedger _failures;
    private readonly List<DeviceStatistics> _active = []; // that mapped something since the last gap
    private DeviceStatistics?[] _devices = new DeviceStatistics?[16];
    private ulong _lastTime = ulong.MaxValue;
    private int _lastBucket;
    private bool _isPartial;

    internal MappingStatistics(RecordingReader reader, MachineFacts? facts)
    {
        _reader = reader;
        _facts = facts;
        Attribution = new BounceAttribution(facts);
        _pools = new PoolSet(facts, Clock);
        _failures = new FailureLedger(this);
        MapRate = Clock.NewRate();
        ByteRate = Clock.NewRate();
        FailureRate = Clock.NewRate();
        PoolsGrow = facts is { DynamicPools: true };
    }

    /// <summary>How time is divided.</summary>
    public SeriesClock Clock { get; } = new();

    /// <summary>Maps over time; segments count.</summary>
    public RateSeries MapRate { get; }

    /// <summary>Bytes mapped over time.</summary>
    public RateSeries ByteRate { get; }

    /// <summary>Failed maps and allocations over time.</summary>
    public RateSeries FailureRate { get; }

    /// <summary>Devices that the recording mentions, in order of appearance.</summary>
    public IEnumerable<DeviceStatistics> Devices => _devices.OfType<DeviceStatistics>();

    /// <summary>Pools that were used, and those known to exist.</summary>
    public IReadOnlyList<BouncePool> Pools => _pools.All;

    /// <summary>Failed maps and allocations.</summary>
    public IEnumerable<FailureGroup> Failures => _failures.Groups;

    /// <summary>Whether the kernel makes further pools on demand.</summary>
    public bool PoolsGrow { get; private set; }

    internal BounceAttribution Attribution { get; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal DeviceStatistics DeviceOf(int number)
    {
        DeviceStatistics?[] devices = _devices;
        return (uint)number < (uint)devices.Length && devices[number] is { } known ? known : NewDevice(number);
    }

    private DeviceStatistics NewDevice(int number)
    {
        if (number >= _devices.Length)
            Array.Resize(ref _devices, Math.Max(number + 1, _devices.Length * 2));
        string name = number == MappingFollower.MostDevices - 1 ? MappingFollower.FurtherDevices : _reader.Devices[number];
        var device = new DeviceStatistics(name, _pools.RouteOf(name), Clock.NewLevel(), Clock.NewLevel()) { IsTranslated = Attribution.IsKnownTranslated(name), FirstTime = _lastTime };
        return _devices[number] = device;
    }

    /// <summary>
    /// Whether direct mappings of the device may have ended without an unmap: drivers of later kernels leave out what would do nothing (of a long request of
    /// NVMe, for instance). Nothing is held then.
    /// </summary>
    /// <remarks>Kernel: <c>dma_need_unmap()</c>.</remarks>
    internal bool MayLackUnmaps(DeviceStatistics device) =>
        !device.IsTranslated && _facts is not { DmaApiDebug: true } && DriversSkipUnmaps && !Attribution.IsKnownNonCoherent(device);

    /// <summary>Whether the recorded kernel lets a release have other attributes than its map, as far as is known.</summary>
    internal bool AttributesMayDiffer => RecordedKernel.AttributesMayDiffer(_facts?.KernelRelease is { Length: > 0 } told ? told : _reader.Header.KernelRelease ?? "");

    // Where no release is told, the name that events got two releases later has to do.
    private bool DriversSkipUnmaps =>
        RecordedKernel.DriversSkipUnmaps(_facts?.KernelRelease is { Length: > 0 } told ? told : _reader.Header.KernelRelease ?? "") ?? _reader.EventNames.IndexOf("dma_map_phys") >= 0;

    internal BouncePool PoolOf(int device) => DeviceOf(device).Route.Pool;

    internal bool IsOutOfReach(BouncePool pool, int device, ulong mask) => PoolSet.IsOutOfReach(pool, DeviceOf(device).Route, mask);

    internal SlotHolder[] Holders(BouncePool pool) =>
    [
        .. Devices.Where(device => device.Slots.Current > 0 && (!pool.IsRestricted || device.Route.Pool == pool))
            .OrderByDescending(static device => device.Slots.Current)
            .Select(static device => new SlotHolder(device.Name, device.Slots.Current, device.Live.Current)),
    ];

    internal void Mapped(in MappedBuffer buffer)
    {
        DeviceStatistics device = DeviceOf(buffer.Device);
        int bucket = BucketOf(buffer.Time);
        if (!device.IsActive)
        {
            device.IsActive = true;
            _active.Add(device);
        }

        switch (buffer.Kind)
        {
            case MappingKind.Coherent or MappingKind.Noncoherent:
                device.Allocations++;
                if (_isPartial)
                    return;
                device.AllocatedBytes += buffer.Size;
                device.AllocatedBytesPeak = Math.Max(device.AllocatedBytesPeak, device.AllocatedBytes);
                if (_pools.HasRestricted)
                    ChangeAllocation(device, buffer.Address, buffer.Size, bucket, buffer.Time, taken: true);
                return;
            case MappingKind.Resource:
                device.ResourceMaps++;
                return;
            case MappingKind.Single:
                device.SingleMaps++;
                break;
            default:
                device.ListSegments++;
                if (buffer.ListIndex == 0)
                    device.ListMaps++;
                break;
        }

        device.Bytes += buffer.Size;
        device.CountDirection(buffer.Direction, buffer.Size);
        device.Sizes.Add(buffer.Size);
        if (!_isPartial)
        {
            device.Live.Add(bucket, buffer.Time, 1);
            device.LiveBytes += buffer.Size;
            if (device.LiveBytes > device.LiveBytesPeak)
                device.LiveBytesPeak = device.LiveBytes;
        }

        MapRate.Add(bucket, 1);
        ByteRate.Add(bucket, (long)buffer.Size);
        if (buffer.Bounced)
            Bounce(device, buffer, bucket);
        else if (buffer.Original != ulong.MaxValue)
            Attribution.LearnDirect(device, buffer);
    }

    internal void Failed(in MappedBuffer buffer, long used, int own)
    {
        DeviceStatistics device = DeviceOf(buffer.Device);
        if (buffer.Kind is MappingKind.Coherent or MappingKind.Noncoherent)
            device.FailedAllocations++;
        else if (buffer.ListEntries != 0)
            device.FailedLists++;
        else
            device.FailedMaps++;
        if (buffer.Mask != 0)
            device.Mask = buffer.Mask;
        FailureRate.Add(BucketOf(buffer.Time), 1);
        _failures.Add(buffer, used, own);
    }

    internal void Ended(in LiveMapping mapping, in MappingEvent release)
    {
        if (_isPartial)
            return; // the release may belong to a later mapping in the same place
        DeviceStatistics device = DeviceOf(mapping.Device);
        ulong time = (ulong)release.Time;
        int bucket = BucketOf(time);
        if (mapping.Mapping is not (MappingKind.Single or MappingKind.Sg))
        {
            if (mapping.Mapping == MappingKind.Resource)
                return;
            device.AllocatedBytes -= mapping.Size;
            if (_pools.HasRestricted)
                ChangeAllocation(device, mapping.Address, mapping.Size, bucket, time, taken: false);
            return;
        }

        device.Live.Add(bucket, time, -1);
        device.LiveBytes -= mapping.Size;
        if (release.ListIndex == 0)
            device.AddLifetime(mapping.Direction, time > (ulong)mapping.Time ? time - (ulong)mapping.Time : 0);
        if (!mapping.Bounced)
            return;
        ChangeSlots(device, mapping.Address, mapping.Size, bucket, time, taken: false);
        if (mapping.Direction != DmaDirection.ToDevice && (release.Attributes & DmaAttributes.SkipCpuSync) == 0)
            device.CopiedOut += mapping.Size;
    }

    internal void Synced(in LiveMapping mapping, in MappingEvent sync)
    {
        DeviceStatistics device = DeviceOf(mapping.Device);
        bool forCpu = sync.Kind == MappingEventKind.SyncForCpu;
        if (forCpu)
            device.SyncsForCpu++;
        else
            device.SyncsForDevice++;
        if (!mapping.Bounced)
            return;
        if (forCpu && sync.Direction != DmaDirection.ToDevice)
            device.CopiedOut += sync.Size;
        else if (!forCpu && sync.Direction != DmaDirection.FromDevice)
            device.CopiedIn += sync.Size;
    }

    /// <summary>All events were counted.</summary>
    internal void Complete()
    {
        foreach (DeviceStatistics device in Devices)
        {
            if (device.Bounced > 0)
                Attribution.Settle(device);
        }

        PoolsGrow |= _pools.GrewAtRunTime;
    }

    /// <summary>From here on levels and lives are not known: all events of some processor are missing.</summary>
    internal void Partial() => _isPartial = true;

    internal void Unknown(in MappingEvent e) => DeviceOf(e.Device).UnknownReleases++;

    internal void Gap(ulong time)
    {
        int bucket = BucketOf(time);
        foreach (DeviceStatistics device in _active)
        {
            device.IsActive = false;
            device.Live.Reset(bucket, time);
            device.Slots.Reset(bucket, time);
            (device.LiveBytes, device.AllocatedBytes) = (0, 0);
        }

        _active.Clear();
        _pools.Reset(bucket, time);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int BucketOf(ulong time)
    {
        return time == _lastTime ? Math.Min(_lastBucket, Clock.Count - 1) : FindBucket(time);
    }

    private int FindBucket(ulong time)
    {
        _lastTime = time;
        return _lastBucket = Clock.BucketOf(time);
    }

    private void Bounce(DeviceStatistics device, in MappedBuffer buffer, int bucket)
    {
        if (buffer.Mask != 0)
            device.Mask = buffer.Mask;
        BouncePredicate predicate = Attribution.PredicateOf(device, buffer);
        device.CountBounce(predicate, buffer.Size);
        if (predicate == BouncePredicate.DeviceMask)
            device.NoteExceeded(buffer.Mask);
        device.CopiedIn += buffer.Size;
        if (buffer.Cost >= 0)
        {
            device.TimedCost += (ulong)buffer.Cost;
            device.TimedBytes += buffer.Size;
            device.TimedMaps++;
        }

        ulong place = buffer.Original & 0xfff;
        if (place != 0 && buffer.Original != ulong.MaxValue)
        {
            if ((buffer.Address.Value & 0xfff) == place)
                device.UnalignedKept++;
            else
                device.UnalignedMoved++;
        }

        if (!_isPartial)
            ChangeSlots(device, buffer.Address, buffer.Size, bucket, buffer.Time, taken: true);
    }

    private void ChangeSlots(DeviceStatistics device, DmaAddress address, ulong size, int bucket, ulong time, bool taken)
    {
        // A slot's address tells where in the slot the buffer begins. Behind an IOMMU slots hold whole pages.
        ulong begin = address.Value & (device.IsTranslated ? 0xfffUL : BouncePool.SlotSize - 1);
        ulong bytes = device.IsTranslated ? (begin + size + 0xfff) & ~0xfffUL : begin + size;
        int slots = (int)Math.Min((bytes + BouncePool.SlotSize - 1) / BouncePool.SlotSize, 1 << 20);
        device.Slots.Add(bucket, time, taken ? slots : -slots);
        if (device.IsTranslated)
            device.Route.Pool.Used.Add(bucket, time, taken ? slots : -slots);
        else
            _pools.At(device.Route, address, out ulong physical).Change(physical, size, slots, bucket, time, taken);
    }

    /// <summary>Coherent memory of devices with a restricted pool comes from it.</summary>
    private void ChangeAllocation(DeviceStatistics device, DmaAddress address, ulong size, int bucket, ulong time, bool taken)
    {
        BouncePool pool = _pools.At(device.Route, address, out ulong physical);
        if (!pool.IsRestricted)
            return;
        int slots = (int)Math.Min(((size + 0xfff) & ~0xfffUL) / BouncePool.SlotSize, 1 << 20);
        device.Slots.Add(bucket, time, taken ? slots : -slots);
        pool.Change(physical, size, slots, bucket, time, taken);
    }
}
