using Handoff.Tracing.Bundles;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Replay;

/// <summary>
/// Turns the events of a recording into a load: which buffers were mapped, synchronised and released for whom, in which order and on which
/// CPU. Memory follows the number of live mappings, not the length of the recording.
/// </summary>
public sealed partial class LoadReader
{
    private readonly LoadMachine _machine;
    private readonly RecordingReader _reader;
    private readonly LiveMappings _live = new();
    private readonly FailedRequests _failed = new();
    private readonly List<DeviceEvidence> _devices = [];
    private readonly List<SlotOwners> _pools = [];
    private readonly LifetimeHistogram _allLifetimes = new();
    private readonly Action<LoadOperationKind, ulong> _change;
    private int[] _deviceOf = new int[16]; // [number in the recording] = number here + 1; 0 = not seen yet
    private LoadChunk _chunk = new();
    private DmaEvent _event;
    private DeviceEvidence _current = null!; // the device of the event in hand
    private int _currentDevice;
    private bool _ended;

    /// <summary>Starts at the beginning of a recording.</summary>
    /// <param name="reader">The recording; the caller disposes it.</param>
    /// <param name="machine">The recorded machine.</param>
    public LoadReader(RecordingReader reader, LoadMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        _reader = reader;
        _machine = machine;
        _change = Change;
        if (machine.Pool is { } pool)
            _pools.Add(new SlotOwners(pool));
        foreach (RestrictedPoolFacts restricted in machine.Facts.RestrictedPools.Where(static r => BouncePool.CanBe(r.Range)))
            _pools.Add(new SlotOwners(restricted.Range));
    }

    /// <summary>Devices seen so far, by <see cref="LoadOperation.Device"/>.</summary>
    public IEnumerable<LoadDevice> Devices => _devices.Select(static d => d.Device);

    /// <summary>Counts so far; complete at the end.</summary>
    public LoadCounts Counts { get; } = new();

    /// <summary>How much of the recording has been read, 0 to 1, or -1 if unknown.</summary>
    public double Progress => _reader.Progress;

    /// <summary>Reads the next stretch of the load.</summary>
    /// <param name="chunk">Is cleared and filled.</param>
    /// <param name="cancellation">Ends the reading early, as if the recording ended there.</param>
    /// <returns>False at the end.</returns>
    public bool Read(LoadChunk chunk, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        chunk.Clear();
        _chunk = chunk;
        while (!_ended && chunk.Count < LoadChunk.Target)
        {
            if (_reader.Read(ref _event) && !Counts.IsCut && !cancellation.IsCancellationRequested)
                Take();
            else
                End();
        }

        chunk.Indexes = _live.Indexes;
        chunk.Devices = _devices.Count;
        Counts.Operations += chunk.Count;
        return chunk.Count > 0;
    }

    private void Take()
    {
        ref DmaEvent e = ref _event;
        if (Counts.Events++ == 0)
            Counts.Begin = e.Time;
        Counts.End = Math.Max(Counts.End, e.Time);
        if (_failed.Any)
            ExpireRequests(e.Time);
        switch (e.Kind)
        {
            case DmaEventKind.SwiotlbBounced:
                if (Enter(ref e) && IsLength(e.Size))
                    PushBounce(e);
                break;
            case DmaEventKind.MapPage or DmaEventKind.MapResource:
                if (Enter(ref e) && Usable(e, !IsLength(e.Size)))
                    MapSingle(e);
                break;
            case DmaEventKind.MapSg:
                if (Enter(ref e) && Usable(e, e.Lengths.Contains(0u)))
                    MapList(e);
                break;
            case DmaEventKind.UnmapPage or DmaEventKind.UnmapResource:
                if (Enter(ref e))
                    UnmapSingle(e);
                break;
            case DmaEventKind.UnmapSg:
                if (Enter(ref e))
                    UnmapList(e);
                break;
            case DmaEventKind.SyncSingleForCpu or DmaEventKind.SyncSingleForDevice:
                if (Enter(ref e) && Usable(e))
                    Sync(e, e.DmaAddress.Value, e.Size, e.Kind == DmaEventKind.SyncSingleForCpu);
                break;
            case DmaEventKind.SyncSgForCpu or DmaEventKind.SyncSgForDevice:
                if (Enter(ref e) && Usable(e))
                    SyncList(e);
                break;
            case DmaEventKind.Alloc or DmaEventKind.AllocPages:
                if (Enter(ref e) && _current.Device.RestrictedPool is not null)
                    Allocate(e);
                break;
            case DmaEventKind.Free or DmaEventKind.FreePages:
                if (Enter(ref e) && _current.Device.RestrictedPool is not null)
                    Free(e);
                break;
            case DmaEventKind.LostEvents:
                if (e.IsLostToEnd)
                    Counts.IsCut = true; // releases would be missing from here on
                else
                    Counts.LostEvents += Math.Max(e.LostCount, 1);
                break;
        }
    }

    private void End()
    {
        _ended = true;
        foreach (List<PendingBounce> pending in _pending)
            AbandonBounces(pending, 0);
        Counts.FailedRequests = _failed.Count;
        Counts.UnservedRequests = _failed.Count - _served;
    }

    /// <summary>Makes the event's device the current one. False for devices behind an IOMMU.</summary>
    private bool Enter(ref DmaEvent e)
    {
        int number = Math.Min(e.Device, MappingFollower.MostDevices - 1); // further ones share the last number
        if (number >= _deviceOf.Length)
            Array.Resize(ref _deviceOf, Math.Max(number + 1, _deviceOf.Length * 2));
        if (_deviceOf[number] == 0)
            AddDevice(number);
        _currentDevice = _deviceOf[number] - 1;
        _current = _devices[_currentDevice];
        if (!_current.Translated)
            return true;
        if (e.Kind is DmaEventKind.MapPage or DmaEventKind.MapSg)
            Counts.Translated++;
        return false;
    }

    private void AddDevice(int number)
    {
        string name = number == MappingFollower.MostDevices - 1 ? MappingFollower.FurtherDevices : string.Concat(_reader.Devices[number].Select(static c => char.IsControl(c) ? '?' : c));
        LoadDevice device = _machine.DeviceOf(name);
        _devices.Add(new DeviceEvidence(device, _machine.KnowsCoherenceOf(name), !_machine.Machine.HasNonCoherentDevices)
        {
            Translated = _machine.Facts.TranslatedDevices.Contains(name),
        });
        _deviceOf[number] = _devices.Count;
    }

    /// <summary>No kernel maps nothing, or more than there are addresses; a damaged recording may say so.</summary>
    private static bool IsLength(ulong size) => size is > 0 and <= 1UL << 48;

    private bool Usable(in DmaEvent e, bool badLength = false)
    {
        if (!badLength && e.HasDirection && e.Direction <= DmaDirection.FromDevice)
            return true;
        Counts.Unusable++;
        return false;
    }

    private void Change(LoadOperationKind kind, ulong value) =>
        _chunk.Add(new LoadOperation { Kind = kind, Time = _event.Time, Device = _currentDevice, Size = value });

    private void ExpireRequests(ulong time)
    {
        while (_failed.TryExpire(time, out long number))
            _chunk.Add(new LoadOperation { Kind = LoadOperationKind.Forget, Time = time, Request = number });
    }

    /// <summary>
    /// How long a mapping of the current device lives that was never seen alive: as its others did, in the middle; where no mapping has
    /// ended yet, as long as its driver may still ask for it.
    /// </summary>
    private ulong AssumedLifetime() =>
        _current.Lifetimes.Median() is > 0 and var own ? own
        : _allLifetimes.Median() is > 0 and var any ? any
        : FailedRequests.LongestPause;
}
