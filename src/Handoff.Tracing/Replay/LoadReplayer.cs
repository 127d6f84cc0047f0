using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Handoff.Direct;
using Handoff.Swiotlb;

namespace Handoff.Tracing.Replay;

/// <summary>
/// Puts a load to the mapping layer of one configuration and keeps count. One thread at a time. Memory follows the pool and the live
/// mappings.
/// </summary>
/// <remarks>
/// What depends on the outcome is replayed as a driver would: a mapping that failed here is not synchronised and not released. A request
/// that failed in the recording is one request however often it was tried: it is tried at the recorded moments until it goes through, and
/// then lives as long as mappings of its device usually do, or until the recorded release if it went through there too.
/// </remarks>
public sealed partial class LoadReplayer
{
    private const ulong Unmapped = ulong.MaxValue;

    private readonly RecordedLoad _load;
    private readonly ReplayConfiguration _configuration;
    private readonly DmaLayer<CountingMemory> _layer;
    private readonly SwiotlbAllocator? _allocator;
    private readonly SwiotlbPool? _pool; // the default pool where it is the only one
    private readonly ulong _poolStart, _poolSize;
    private readonly int _areaSlots, _areaMask;
    private readonly int[] _indexes; // [area] = where its next search begins
    private readonly long[] _searches; // [area]
    private readonly ulong _pageRule;
    private readonly bool _minAlign;
    private readonly Dictionary<string, SwiotlbAllocator> _restricted = [];
    private Device[] _devices = [];
    private ulong[] _addresses = []; // [number of a mapping] = DMA address, or Unmapped
    private int _deviceCount;

    private long _maps, _bounced, _steps, _mostSteps, _spilled, _operations;
    private long _compared, _sameOutcome, _comparedAddresses, _sameAddress;
    private ulong? _firstDifference;
    private int _poolsMade;
    private ulong _growthSince;

    /// <summary>Boots the machine of a configuration.</summary>
    public LoadReplayer(RecordedLoad load, ReplayConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(load);
        ArgumentNullException.ThrowIfNull(configuration);
        _load = load;
        _configuration = configuration;
        _layer = ReplayMachine.Boot(load.Machine, configuration);
        _allocator = _layer.Swiotlb;
        if (_allocator is { IsDynamic: false })
            _pool = _allocator.DefaultPool;
        _poolStart = _pool?.Start.Value ?? 0;
        _poolSize = _pool?.Size ?? 0;
        _areaSlots = _pool?.AreaSlots ?? 1;
        _areaMask = (_pool?.Areas ?? 1) - 1;
        _indexes = new int[_areaMask + 1];
        _searches = new long[_areaMask + 1];
        _pageRule = _layer.Kernel.Switches.PageAlignBigBounce ? _layer.Machine.PageSize : ulong.MaxValue;
        _minAlign = _layer.Kernel.Switches.MinAlignMask;
    }

    /// <summary>The default pool; <see langword="null"/> if the kernel made none.</summary>
    public SwiotlbPool? DefaultPool => _allocator?.DefaultPool;

    /// <summary>Replays a stretch of the load.</summary>
    public void Process(LoadChunk chunk)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        Reserve(chunk);
        _operations += chunk.Count;
        ulong[] addresses = _addresses;
        Device[] devices = _devices;
        foreach (ref readonly LoadOperation operation in chunk.Operations)
        {
            if (_releases.Count > 0 && _nextRelease <= operation.Time)
                ReleaseDue(operation.Time);
            if (_allocator is { IsDynamic: true })
                Grow(operation.Time);
            switch (operation.Kind)
            {
                case LoadOperationKind.Map:
                    if ((operation.Flags & (LoadFlags.InList | LoadFlags.Failed | LoadFlags.AfterFailure | LoadFlags.Resource)) != 0)
                        MapSpecially(operation);
                    else
                        addresses[operation.Index] = Map(devices[operation.Device], operation);
                    break;
                case LoadOperationKind.Unmap:
                    ref ulong address = ref addresses[operation.Index];
                    if (address != Unmapped)
                        _layer.UnmapPhys(devices[operation.Device], new(address), operation.Size, operation.Direction, operation.Attributes);
                    address = Unmapped;
                    break;
                default:
                    Other(operation);
                    break;
            }
        }
    }

    /// <summary>What has happened so far.</summary>
    public ReplayOutcome Outcome()
    {
        CountingMemory memory = _layer.Memory;
        SwiotlbPool? pool = _allocator?.DefaultPool;
        return new ReplayOutcome
        {
            Configuration = _configuration,
            Kernel = _layer.Kernel,
            Parameter = ReplayMachine.ParameterOf(_load.Machine, _configuration),
            Pool = pool is null ? null : new MemoryRange(pool.Start, pool.Size),
            PoolSlots = pool?.Slots ?? 0,
            Areas = pool?.Areas ?? 0,
            Forced = _allocator is { ForceBounce: true },
            Maps = _maps,
            Bounced = _bounced,
            Failures = _failures.Values.Sum(static f => f.Count),
            Retries = _retries,
            Recovered = _recovered,
            FailuresByCause = [.. _failures.Values.OrderByDescending(static f => f.Count).ThenBy(static f => f.First)],
            FirstFailure = _failures.Count == 0 ? null : _failures.Values.Min(static f => f.First),
            HighWaterSlots = _allocator?.HighWater ?? 0,
            RestrictedHighWater = _restricted.ToImmutableSortedDictionary(static r => r.Key, static r => r.Value.HighWater),
            CopiedBytes = memory.CopiedBytes,
            Copies = memory.Copies,
            MaintainedBytes = memory.MaintainedBytes,
            SearchesByArea = _pool is null ? [] : [.. _searches],
            SearchSteps = _steps,
            MostSteps = _mostSteps,
            Spilled = _spilled,
            PoolsMade = _poolsMade,
            Compared = _compared,
            SameOutcome = _sameOutcome,
            ComparedAddresses = _comparedAddresses,
            SameAddress = _sameAddress,
            FirstDifference = _firstDifference,
            Operations = _operations,
        };
    }

    /// <summary>Maps and keeps count of the search.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Map(Device device, in LoadOperation operation)
    {
        _maps++;
        CurrentCpu.Id = operation.Cpu;
        ulong address = _layer.MapPhys(device, new(operation.Physical), operation.Size, operation.Direction, operation.Attributes | DmaAttributes.NoWarn).Value;
        ulong inPool = address - _poolStart;
        if (inPool < _poolSize && device.DmaRanges.IsEmpty && device.RestrictedPool is null)
        {
            _bounced++;
            int slot = (int)(inPool >> SwiotlbConstants.SlotShift), own = operation.Cpu & _areaMask, relative = slot - (own * _areaSlots);
            if (relative == _indexes[own])
            {
                // The usual case: the cursor of the CPU's own area stands before free slots.
                _searches[own]++;
                _steps++;
                _mostSteps = Math.Max(_mostSteps, 1);
                _indexes[own] = _pool!.SearchIndexOf(own);
            }
            else
            {
                CountSearch(device, operation, slot);
            }

            Compare(operation, address, bounced: true);
        }
        else
        {
            Finish(device, operation, address);
        }

        return address;
    }

    /// <summary>The rarer ends of a map: direct, failed, translated, or in a pool that is not the only one.</summary>
    private void Finish(Device device, in LoadOperation operation, ulong address)
    {
        if (address == Unmapped)
        {
            _lastCause = CauseOf(device, operation);
            if (_lastCause is not (FailureCause.NoPool or FailureCause.Refused or FailureCause.TooLong) && device.RestrictedPool is null)
                CountSearch(device, operation, -1);
            if (!operation.Is(LoadFlags.InList))
            {
                Compare(operation, address, bounced: false);
                CountFailure(device, operation, operation.Is(LoadFlags.Retry));
            }

            return;
        }

        bool bounced = _layer.IsBounced(device, new(address));
        if (bounced)
        {
            _bounced++;
            if (_pool is not null && device.RestrictedPool is null)
                CountSearch(device, operation, (int)((_layer.Rules.ToPhysical(device, new(address)).Value - _poolStart) >> SwiotlbConstants.SlotShift));
        }

        Compare(operation, address, bounced);
    }

    /// <summary>Compares the end of a map with the recorded one. Entries of failed lists are compared as a whole, elsewhere.</summary>
    private void Compare(in LoadOperation operation, ulong address, bool bounced)
    {
        if (operation.Is(LoadFlags.Failed) && operation.Is(LoadFlags.InList))
            return;
        _compared++;
        bool failed = address == Unmapped;
        bool same = failed == operation.Is(LoadFlags.Failed) && (failed || bounced == operation.Is(LoadFlags.Bounced));
        if (same)
            _sameOutcome++;
        else
            _firstDifference ??= operation.Time;
        if ((operation.Flags & (LoadFlags.Failed | LoadFlags.AddressUnknown)) != 0)
            return;
        _comparedAddresses++;
        if (address == operation.Recorded)
            _sameAddress++;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CountSearch(Device device, in LoadOperation operation, int slot)
    {
        if (_pool is not { } pool)
            return;
        uint minAlign = _minAlign ? device.MinAlignMask : 0;
        ulong allocSize = operation.Size + (operation.Physical & minAlign & (SwiotlbConstants.SlotSize - 1));
        ulong table = DirectRules.ToDmaUnencrypted(device, pool.Start).Value & device.SegmentBoundaryMask;
        var cost = new SearchCost(table, operation.Physical, allocSize, minAlign, _pageRule);
        int own = operation.Cpu & _areaMask, end = slot >= 0 ? slot / _areaSlots : -1;
        long steps = 0;
        int wanted = (int)((allocSize + SwiotlbConstants.SlotSize - 1) >> SwiotlbConstants.SlotShift);
        for (int k = 0; k <= _areaMask; k++)
        {
            int area = (own + k) & _areaMask, start = area * _areaSlots, next = pool.SearchIndexOf(area);
            _searches[area]++;
            if (slot < 0 && next != _indexes[area])
            {
                // Slots were found, and given back because the device does not reach them.
                end = area;
                slot = start + (next == 0 ? _areaSlots : next) - wanted;
            }

            if (area == end)
            {
                steps += cost.Steps(start, _areaSlots, _indexes[area], slot - start);
                _indexes[area] = next;
                break;
            }

            // An area with too few free slots is left at once.
            if (wanted <= _areaSlots - pool.UsedIn(area))
                steps += cost.Steps(start, _areaSlots, _indexes[area], -1);
        }

        if (own != end)
            _spilled++;
        _steps += steps;
        if (steps > _mostSteps)
            _mostSteps = steps;
    }

    private void Other(in LoadOperation operation)
    {
        Device device = operation.Kind == LoadOperationKind.Forget ? null! : _devices[operation.Device];
        switch (operation.Kind)
        {
            case LoadOperationKind.SyncForCpu:
                if (_addresses[operation.Index] is not Unmapped and var forCpu)
                    _layer.SyncSingleForCpu(device, new(forCpu + operation.Physical), operation.Size, operation.Direction);
                break;
            case LoadOperationKind.SyncForDevice:
                if (_addresses[operation.Index] is not Unmapped and var forDevice)
                    _layer.SyncSingleForDevice(device, new(forDevice + operation.Physical), operation.Size, operation.Direction);
                break;
            case LoadOperationKind.SetMask:
                if (!_configuration.Masks.ContainsKey(device.Name))
                    device.DmaMask = operation.Size;
                break;
            case LoadOperationKind.SetBusLimit:
                device.BusDmaLimit = operation.Size;
                break;
            case LoadOperationKind.SetMinAlignMask:
                device.MinAlignMask = (uint)operation.Size;
                break;
            case LoadOperationKind.SetCoherent:
                device.Coherent = operation.Size != 0;
                break;
            case LoadOperationKind.Allocate:
                Allocate(device, operation);
                break;
            case LoadOperationKind.Free:
                Free(device, operation);
                break;
            case LoadOperationKind.Forget:
                Forget(operation.Request);
                break;
        }
    }

    /// <summary>Pools that failing searches asked for appear a millisecond later, when a worker thread has run.</summary>
    private void Grow(ulong time)
    {
        const ulong delay = 1_000_000;
        if (!_allocator!.GrowthPending)
            _growthSince = 0;
        else if (_growthSince == 0)
            _growthSince = time;
        else if (time - _growthSince >= delay)
            (_poolsMade, _growthSince) = (_poolsMade + _layer.RunDeferredWork(), 0);
    }

    private void Reserve(LoadChunk chunk)
    {
        if (_addresses.Length < chunk.Indexes)
        {
            int known = _addresses.Length;
            Array.Resize(ref _addresses, Math.Max(chunk.Indexes, known * 2));
            _addresses.AsSpan(known).Fill(Unmapped);
        }

        if (_devices.Length < chunk.Devices)
            Array.Resize(ref _devices, Math.Max(chunk.Devices, _devices.Length * 2));
        for (; _deviceCount < chunk.Devices; _deviceCount++)
            _devices[_deviceCount] = MakeDevice(_load.Devices[_deviceCount]);
    }

    private Device MakeDevice(LoadDevice device)
    {
        var made = new Device(device.Name.Length == 0 ? "(no name)" : device.Name)
        {
            DmaMask = _configuration.Masks.TryGetValue(device.Name, out ulong mask) ? mask : device.Mask,
            BusDmaLimit = device.BusLimit,
            DmaRanges = device.Ranges,
            Coherent = device.Coherent,
            MinAlignMask = device.MinAlignMask,
        };
        if (device.RestrictedPool is { } pool)
        {
            ref SwiotlbAllocator? shared = ref CollectionsMarshal.GetValueRefOrAddDefault(_restricted, pool.Name, out _);
            MemoryRange range = _configuration.Regions.TryGetValue(pool.Name, out ulong size) ? new MemoryRange(pool.Range.Start, size) : pool.Range;
            made.RestrictedPool = shared ??= SwiotlbAllocator.Restricted(pool.Name, range, _layer.Kernel.Switches.DynamicPools);
        }

        return made;
    }
}
