using Handoff.Conformance.Recordings.Machines;
using Handoff.Conformance.Recordings.Verdicts;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;

namespace Handoff.Conformance.Recordings.Replay;

/// <summary>Replays a trace on the recorded machine, event by event, and compares every outcome and address.</summary>
internal sealed partial class Replayer
{
    private const string Part = "trace";

    private readonly RecordedMachine _recorded;
    private readonly RecordingVerdict _verdict;
    private readonly RecordingReader _reader;
    private readonly string _file;
    private readonly BootedMachine<CountingMemory> _booted;
    private readonly DmaLayer<CountingMemory> _layer;
    private readonly SlotBook _book;
    private readonly ProbeSchedule _schedule;
    private readonly TraceQueue _queue;
    private readonly List<ReplayedDevice?> _devices = [];
    private readonly Dictionary<int, KindTally> _tallies = [];

    private readonly FullMessages _full;

    /// <summary>What the engine printed last about a full pool.</summary>
    private string _fullText = "";

    /// <summary>Whether the trace shows every mapping there was: it begins at boot, and no event is missing.</summary>
    private bool _isComplete;

    /// <summary>Whether the state of the probe's devices follows from its log.</summary>
    private bool _isScheduleSure;

    private int _applied;
    private int _caseNumber;
    private long _losses;

    private Replayer(RecordedMachine recorded, RecordingVerdict verdict, RecordingReader reader, string file, bool isComplete)
    {
        _recorded = recorded;
        _verdict = verdict;
        _reader = reader;
        _file = file;
        _isComplete = _isScheduleSure = isComplete;
        _booted = recorded.Boot<CountingMemory>(default);
        _layer = _booted.Layer;
        _book = new SlotBook(_booted);
        _schedule = new ProbeSchedule(recorded.Facts.Probe);
        _queue = new TraceQueue(reader, BusAddress);
        _full = new FullMessages(recorded.Facts, verdict);
        _layer.Log.Printed += message => _fullText = message.Text;
        if (_layer.Swiotlb is { CanGrow: true })
            _queue.AlwaysAhead = Horizon;
        _layer.PlacePool = PlacePool;
    }

    private readonly ReplayedCases _cases = new();

    /// <summary>Replays one file of a recording.</summary>
    /// <param name="recorded">The machine.</param>
    /// <param name="verdict">Receives counts and differences.</param>
    /// <param name="path">The trace.</param>
    /// <returns>What the engine did in the probe's cases; <see langword="null"/> if the trace is incomplete.</returns>
    public static ReplayedCases? Replay(RecordedMachine recorded, RecordingVerdict verdict, string path)
    {
        using RecordingReader reader = Recording.Open(path);
        string file = Path.GetFileName(path);
        bool fromBoot = file.StartsWith("trace.", StringComparison.Ordinal) && (recorded.Facts.Parameter("trace_event") ?? "").Contains("dma", StringComparison.Ordinal) && !recorded.Facts.LostEvents;
        var replayer = new Replayer(recorded, verdict, reader, file, fromBoot && reader.Header.Instances is [""]);
        if (!fromBoot)
            verdict.AddNote($"{file} does not begin at boot, or events are missing");
        while (replayer._queue.TryTake(out TraceEvent e))
            replayer.Replay(e);
        replayer.End();
        foreach (RecordingDiagnostic diagnostic in reader.Diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error))
            verdict.Problems.Add($"{file}: {diagnostic.Message}");
        return replayer._isComplete ? replayer._cases : null;
    }

    private void Replay(TraceEvent e)
    {
        if (_queue.Losses != _losses)
        {
            // Other CPUs' events until the note are as uncertain as those after it.
            _losses = _queue.Losses;
            Doubt();
        }
        else if (!_isComplete && _applied == 0)
        {
            FindCase();
        }

        PassThread(e);
        switch (e.Kind)
        {
            case DmaEventKind.Marker:
                if (e.Case > 0)
                    BeginCase(e.Case);
                return;
            case DmaEventKind.LostEvents:
                LoseEvents();
                return;
            case DmaEventKind.Unknown or >= DmaEventKind.DmaBufExport:
                return;
        }

        ReplayedDevice device = DeviceOf(e);
        switch (e.Kind)
        {
            case DmaEventKind.SwiotlbBounced:
                Decide(e, device);
                break;
            case DmaEventKind.MapPage:
                MapPage(e, device);
                break;
            case DmaEventKind.MapSg:
                MapSg(e, device);
                break;
            case DmaEventKind.UnmapPage:
                UnmapPage(e, device);
                break;
            case DmaEventKind.UnmapSg:
                UnmapSg(e, device);
                break;
            case DmaEventKind.MapResource:
                MapResource(e, device);
                break;
            case DmaEventKind.SyncSingleForCpu or DmaEventKind.SyncSingleForDevice or DmaEventKind.SyncSgForCpu or DmaEventKind.SyncSgForDevice:
                Sync(e, device);
                break;
            case DmaEventKind.Alloc or DmaEventKind.AllocPages or DmaEventKind.AllocSgt or DmaEventKind.AllocSgtErr:
                Allocate(e, device);
                break;
            case DmaEventKind.Free or DmaEventKind.FreePages or DmaEventKind.FreeSgt:
                Free(e, device);
                break;
            default: // unmaps of registers do nothing; dma_map_sg_err is for errors that this engine cannot give
                if (device.IsTranslated)
                    TallyOf(e).NotCovered++;
                else if (e.Kind == DmaEventKind.UnmapResource)
                    Identical(e);
                else
                    Wrong(e, "no such event", _reader.EventName(e.EventType));
                break;
        }
    }

    private void BeginCase(int number)
    {
        EndCase();
        ApplyChanges(number);
        _isScheduleSure = true;
        _caseNumber = number;
        _case = _schedule.Case(number);
    }

    /// <summary>Sets the probe's devices to their state in a case.</summary>
    private void ApplyChanges(int number)
    {
        for (; _applied < number; _applied++)
        {
            foreach (ProbeSchedule.Change change in _schedule.Before(_applied + 1))
            {
                if (_recorded.IsTranslated(change.Device))
                    continue;
                Device device = _booted[change.Device];
                if (change.MinAlign is { } align)
                    device.MinAlignMask = align;
                _layer.SetMaskAndCoherent(device, DmaMask.Bits(change.Bits));
            }
        }
    }

    /// <summary>The trace does not say in which case it is: the next marker does.</summary>
    private void FindCase()
    {
        if (_queue.Ahead.FirstOrDefault(static e => e.Case > 1) is { } marker && marker.Case <= _schedule.Last)
            ApplyChanges(marker.Case - 1);
    }

    private void LoseEvents()
    {
        Doubt();
        _verdict.AddNote($"{_file}: events were lost");
    }

    private void Doubt()
    {
        _isComplete = _isScheduleSure = false;
        _searched.Clear();
        FindCase();
    }

    private ReplayedDevice DeviceOf(TraceEvent e) => DeviceOf(e.DeviceIndex);

    private ReplayedDevice DeviceOf(int index)
    {
        while (_devices.Count <= index)
            _devices.Add(null);
        return _devices[index] ??= MakeDevice(_reader.Devices[index]);
    }

    private const string ProbeDriver = "handoff_probe";

    /// <summary>A device whose driver has set its masks, as far as the recording says.</summary>
    private ReplayedDevice MakeDevice(string name)
    {
        Device device = _booted[name];
        PciDeviceFacts? facts = _recorded.Facts.PciDevices.FirstOrDefault(d => d.Name == name);
        bool isScheduled = _schedule.Knows(name) && (facts is null || facts.Driver == ProbeDriver); // another driver may have taken it over
        bool isKnown = isScheduled;
        if (facts is not null && !isScheduled && !device.BehindIommu)
        {
            isKnown = facts.Driver != ProbeDriver && facts.MaskBits is > 0 and <= 64;
            if (isKnown)
                _layer.SetMask(device, DmaMask.Bits(facts.MaskBits));
            if (facts.CoherentMaskBits is > 0 and <= 64)
                _layer.SetCoherentMask(device, DmaMask.Bits(facts.CoherentMaskBits));
        }

        if (DriverFacts.MinAlignMaskOf(facts?.Driver) is { } align)
            device.MinAlignMask = align;
        return new ReplayedDevice(device, device.BehindIommu, isScheduled) { IsMaskKnown = isKnown, ChangesMask = DriverFacts.ChangesMask(facts?.Driver), IsCoherentMaskKnown = isScheduled || facts is not null };
    }

    private ulong BusAddress(int deviceIndex, PhysicalAddress address)
    {
        ReplayedDevice device = DeviceOf(deviceIndex);
        return device.IsTranslated ? address.Value : _layer.Rules.ToDma(device.Device, address).Value;
    }

    private KindTally TallyOf(TraceEvent e)
    {
        if (!_tallies.TryGetValue(e.EventType, out KindTally? tally))
            _tallies[e.EventType] = tally = _verdict.Kind(Part, _reader.EventName(e.EventType));
        return tally;
    }

    private void Identical(TraceEvent e)
    {
        if (e.HasOtherOrder)
            Explain(e, Reasons.SameTime);
        else
            TallyOf(e).Identical++;
    }

    private void Explain(TraceEvent e, string reason) => RecordingVerdict.AddExplained(TallyOf(e), reason);

    private void Wrong(TraceEvent e, string expected, string got)
    {
        string place = $"{_file}: event {e.Number}, {e.Time / 1_000_000_000}.{e.Time / 1000 % 1_000_000:d6} s, CPU {e.Cpu}, {_reader.Devices[e.DeviceIndex]}";
        _verdict.AddWrong(TallyOf(e), place, expected, got);
    }

    /// <summary>Compares, and counts the outcome.</summary>
    private void Compare(TraceEvent e, string expected, string got, string? reason = null)
    {
        if (expected != got)
            Wrong(e, expected, got);
        else if (reason is not null)
            Explain(e, reason);
        else
            Identical(e);
    }
}
