using System.Runtime.CompilerServices;
using Handoff.Ownership;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Mappings;

/// <summary>
/// Turns the events of a recording into mappings that begin and end: joins list unmaps with their maps and bounces with the maps they belong
/// to, feeds the shared ownership tracker, and knows what recordings do not show. Memory follows the live mappings.
/// </summary>
internal sealed partial class MappingFollower : IMappingListener, IDisposable
{
    /// <summary>Devices told apart; further ones share the last number.</summary>
    public const int MostDevices = 1024;

    /// <summary>Name of the last number.</summary>
    public const string FurtherDevices = "(further devices)";

    /// <summary>Live mappings followed; a recording without unmaps would fill any memory.</summary>
    private const int MostLive = 1 << 22;

    private const int MostDoubtful = 1 << 16;
    private const int MostEndedBy = 1024;
    private const int MostCpus = 8192; // of further ones no time is kept

    private readonly RecordingReader _reader;
    private readonly MachineFacts? _facts;
    private readonly IMappingSink _sink;
    private readonly OwnershipTracker _tracker;
    private readonly LiveLists _lists = new();
    private readonly BounceAttempts _attempts;
    private readonly EarlyReleases _early = new();
    private readonly Queue<(int Device, DmaAddress Address, ulong Time)> _allocatedTwice = new(); // memory, when it was allocated while it was not free yet
    private readonly HashSet<(int Device, ulong Address)> _doubtful = []; // what may have ended already …
    private readonly Dictionary<(int Device, ulong Address, bool IsList), EarlyReleases.Release> _endedBy = []; // … and by which release; lists by their first buffer
    private readonly List<BounceAttempt> _found = [];
    private readonly List<int> _foundEntries = [];
    private ulong[] _latest = new ulong[16]; // time of each processor's latest event
    private int _deviceCount; // devices that the tracker knows
    private readonly HashSet<int> _partial = []; // buffers that lack all further events of some processor
    private int _instance = -1; // the buffer that is followed: another one may hold the same events again

    /// <summary>Follows a recording.</summary>
    /// <param name="reader">Gives the names of devices; its events are passed to <see cref="Process"/>.</param>
    /// <param name="facts">What is known of the machine, or <see langword="null"/>.</param>
    /// <param name="sink">Is told of everything.</param>
    public MappingFollower(RecordingReader reader, MachineFacts? facts, IMappingSink sink)
    {
        _reader = reader;
        _facts = facts;
        _sink = sink;
        _attempts = new BounceAttempts(NoMapFollowed);
        uint line = facts?.CacheAlignment is { } alignment && System.Numerics.BitOperations.IsPow2(alignment) ? alignment : 64;
        _tracker = new OwnershipTracker(OwnershipOptions.ForRecordings with { KeepsOrder = false, CacheLineSize = line, KeptPerRule = MostFindings }) { Listener = this };
        _tracker.Found += Found;
    }

    /// <summary>Findings kept of each rule and device.</summary>
    public const int MostFindings = 1000;

    /// <summary>The shared tracker.</summary>
    public OwnershipTracker Tracker => _tracker;

    /// <summary>Processor of the event being processed.</summary>
    public int Cpu { get; private set; }

    /// <summary>Thread of the event being processed.</summary>
    public int Pid { get; private set; }

    /// <summary>Task of the event being processed, as in <see cref="RecordingReader.Tasks"/>.</summary>
    public int Task { get; private set; }

    /// <summary>How often events were missing.</summary>
    public long Gaps { get; private set; }

    /// <summary>From when on all events of some processor are missing: what is live is not known from there on. <see langword="null"/> if they are all there.</summary>
    public ulong? PartialFrom { get; private set; }

    /// <summary>Events of other buffers than the one followed.</summary>
    public long EventsOfOtherBuffers { get; private set; }

    /// <summary>List unmaps whose addresses agree with no map, although a list that begins alike was mapped.</summary>
    public long InexactListUnmaps { get; private set; }

    /// <summary>List unmaps of lists never seen.</summary>
    public long UnknownListUnmaps { get; private set; }

    /// <summary>When mappings ended lately, and where.</summary>
    public EndTrail Ends { get; } = new();

    /// <summary>
    /// The release being processed if it had to wait, because it fits nothing that was mapped; <see langword="null"/> otherwise. No map came that it
    /// could belong to.
    /// </summary>
    public EarlyReleases.Release? Settling { get; private set; }

    /// <summary>Time of the latest event.</summary>
    public ulong Now { get; private set; }

    /// <summary>Whether too many mappings were live to follow them all.</summary>
    public bool TooManyLive { get; private set; }

    /// <inheritdoc/>
    public void Dispose() => _tracker.Found -= Found;

    /// <summary>Whether segments of the device may be live that no event named.</summary>
    public bool HasUnnamedSegments(int device) => _lists.HasUnnamedSegments(device);

    /// <summary>Follows one event.</summary>
    public void Process(ref DmaEvent e)
    {
        if (e.Time > Now)
            Now = e.Time;
        if (e.Kind == DmaEventKind.LostEvents)
        {
            Lose(e);
            return;
        }

        if (_instance < 0 || e.Instance == _instance)
            NoteLatest(e.Cpu, e.Time);
        if (e.Kind <= DmaEventKind.LostEvents)
            return;
        if (!_early.IsEmpty || _allocatedTwice.Count > 0)
            Settle(e.Time);

        if (e.Device == 0 || e.IsDmaBuf)
            return;
        if (e.Instance != _instance && !Follows(e.Instance))
        {
            EventsOfOtherBuffers++;
            return;
        }

        if (e.Device >= _deviceCount)
            AddDevices(e.Device);
        if (e.Device >= MostDevices)
            e.Device = MostDevices - 1;
        (Cpu, Pid, Task) = (e.Cpu, e.Pid, e.Task);
        switch (e.Kind)
        {
            case DmaEventKind.SwiotlbBounced:
                _attempts.Add(e, _sink.SlotsInUse(e.Device));
                break;
            case DmaEventKind.MapPage or DmaEventKind.MapResource:
                MapOne(e);
                break;
            case DmaEventKind.UnmapPage or DmaEventKind.UnmapResource:
                End(e, e.Kind == DmaEventKind.UnmapResource || IsMmio(e) ? MappingKind.Resource : MappingKind.Single);
                break;
            case DmaEventKind.MapSg:
                MapList(e);
                break;
            case DmaEventKind.UnmapSg:
                UnmapList(e);
                break;
            case DmaEventKind.MapSgErr:
                FailList(e);
                break;
            case DmaEventKind.SyncSingleForCpu or DmaEventKind.SyncSingleForDevice:
                SyncOne(e);
                break;
            case DmaEventKind.SyncSgForCpu or DmaEventKind.SyncSgForDevice:
                SyncList(e);
                break;
            case DmaEventKind.Alloc or DmaEventKind.AllocPages or DmaEventKind.AllocSgt or DmaEventKind.AllocSgtErr:
                Allocate(e);
                break;
            case DmaEventKind.Free:
                End(e, MappingKind.Coherent);
                break;
            case DmaEventKind.FreePages or DmaEventKind.FreeSgt:
                End(e, MappingKind.Noncoherent);
                break;
            default:
                break;
        }
    }

    void IMappingListener.Ended(in LiveMapping mapping, in MappingEvent release)
    {
        Ends.Add(mapping.Device, mapping.Address.Value, mapping.Size, Cpu, (ulong)release.Time);
        _sink.Ended(mapping, release);
    }

    void IMappingListener.Synced(in LiveMapping mapping, in MappingEvent sync) => _sink.Synced(mapping, sync);

    void IMappingListener.Unknown(in MappingEvent e) => _sink.Unknown(e);

    /// <summary>Says that no event follows.</summary>
    public void Complete()
    {
        Settle(ulong.MaxValue);
        _attempts.Complete(Now, 10_000_000);
    }

    private void Found(Finding finding) => _sink.Found(finding);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsMmio(in DmaEvent e) => (e.Attributes & DmaAttributes.Mmio) != 0;

    /// <summary>The first buffer with events of this library is the one: a recorder may write the same events to several.</summary>
    private bool Follows(int instance)
    {
        if (_instance < 0)
        {
            _instance = instance;
            if (_partial.Contains(instance))
            {
                Gaps++;
                BecomePartial();
            }
        }

        return instance == _instance;
    }

    private void SyncOne(in DmaEvent e) =>
        _tracker.Process(MappingEvent.Sync(e.Kind == DmaEventKind.SyncSingleForCpu, e.Device, e.DmaAddress, e.Size, e.Direction, (long)e.Time));

    private void AddDevices(int last)
    {
        for (int number = _deviceCount; number <= Math.Min(last, MostDevices - 1); number++)
        {
            string name = number == MostDevices - 1 ? FurtherDevices : _reader.Devices[number];

            // Of a device about which nothing is known, nothing that depends on its caches is said.
            bool coherent = _facts is null || _facts.Files.IsEmpty || !_facts.KnowsCoherenceOf(name) || _facts.IsCoherent(name);
            _tracker.AddDevice(new DeviceFacts(name, coherent, SyncsVisible: !coherent));
        }

        _deviceCount = _tracker.Devices.Count;
    }

    /// <summary>Time of a processor's latest event; zero if it had none.</summary>
    private ulong LatestOf(int cpu) => (uint)cpu < (uint)_latest.Length ? _latest[cpu] : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteLatest(int cpu, ulong time)
    {
        ulong[] latest = _latest;
        if ((uint)cpu < (uint)latest.Length)
            latest[cpu] = time;
        else
            NoteFurther(cpu, time);
    }

    private void NoteFurther(int cpu, ulong time)
    {
        if (cpu is < 0 or >= MostCpus)
            return;
        Array.Resize(ref _latest, Math.Max(cpu + 1, _latest.Length * 2));
        _latest[cpu] = time;
    }

    /// <summary>Events are missing here. What speaks against a finding may be logged a little later than it: it may be among them.</summary>
    private void Lose(in DmaEvent e)
    {
        if (e.IsLostToEnd)
            _partial.Add(e.Instance);
        if (_instance >= 0 ? e.Instance != _instance : e.IsLostToEnd)
            return;
        ulong latest = e.IsLostAnywhere ? 0 : LatestOf(e.Cpu);
        Forget(Now, latest - Math.Min(latest, EarlyReleases.MostDisorder));
        if (e.IsLostToEnd)
            BecomePartial();
    }

    private void BecomePartial()
    {
        if (PartialFrom is not null)
            return;
        PartialFrom = Now;
        _sink.Partial();
    }

    private void Forget(ulong time, ulong since)
    {
        if (PartialFrom is null)
            Gaps++;
        Settle(ulong.MaxValue);
        _sink.Forgetting(_tracker.LiveMappings());
        _tracker.Forget();
        _lists.Clear();
        _attempts.Forget();
        _early.Forget();
        _allocatedTwice.Clear();
        _doubtful.Clear();
        _endedBy.Clear();
        Ends.Forget();
        _sink.Gap(time, since);
    }

    /// <summary>A bounce with no map after it: its list could not be mapped, or its map event is missing.</summary>
    private void NoMapFollowed(BounceAttempt attempt, int held)
    {
        if (PartialFrom is not null)
            return; // the map may have been logged by a processor whose events are missing
        var buffer = new MappedBuffer
        {
            Device = attempt.Device,
            Kind = MappingKind.Sg,
            Address = DmaAddress.MappingError,
            Original = attempt.Address,
            Size = attempt.Size,
            Time = attempt.Time,
            Cpu = attempt.Cpu,
            Pid = attempt.Pid,
            Task = attempt.Task,
            ListEntries = -1,
            Bounced = true,
            Forced = attempt.Forced,
            Mask = attempt.Mask,
            BouncedAddress = attempt.Address,
            AttemptTime = attempt.Time,
            Cost = -1,
        };
        _sink.Failed(buffer, attempt.Used, held);
    }
}
