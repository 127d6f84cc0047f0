using Handoff.Ownership;
using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Findings;

/// <summary>
/// Decides which findings of the ownership tracker a recording supports. Recordings log unmaps after the release, from several processors
/// whose clocks may differ a little, and show no accesses: a finding that any of this could explain is dropped or said with less confidence.
/// </summary>
internal sealed partial class OwnershipJudge(MappingFollower follower)
{
    /// <summary>Time, in nanoseconds, within which events of different processors may stand in the wrong order.</summary>
    private const long Disorder = 1_000_000;

    private const int EndsKept = 16; // per processor, a power of two
    private const int MostSuspects = 10_000;

    private readonly Dictionary<(FindingRule Rule, int Device), Accusation> _accusations = [];
    private readonly Dictionary<(int Device, ulong Address), List<Suspicion>> _watched = []; // what may still turn out harmless, by the mapping that tells
    private readonly List<Suspicion> _strangers = []; // releases of other devices' mappings
    private readonly List<(int Device, ulong Address)[]> _ends = []; // latest ends of each processor
    private readonly Dictionary<int, SkipHabits> _habits = [];
    private int[] _endCounts = [];
    private MappedBuffer _mapping; // being mapped now
    private Finding? _dropped; // of the mapping that ends now: DMA0051
    private bool _clocksDiffer;

    /// <summary>A finding that waits for what comes after it.</summary>
    private sealed record Suspicion(Finding Finding, int Device, int Cpu, int Pid, int Task);

    /// <summary>What a device does with mappings that it releases with SKIP_CPU_SYNC.</summary>
    private sealed class SkipHabits
    {
        public bool SyncsForCpu;
        public List<(Finding Finding, Confidence Confidence, int Task)> Unsynced { get; } = [];
        public long MoreUnsynced;
    }

    /// <summary>The tracker found something in the event being processed.</summary>
    public void Found(Finding finding)
    {
        int device = DeviceOf(finding);
        FindingRule rule = finding.Rule;
        if (rule == FindingRules.DoubleUnmap)
            Watch(finding, device, finding.Address.Value);
        else if (rule == FindingRules.SyncAfterUnmap)
            LateSync(finding, device);
        else if (rule == FindingRules.UnknownUnmap || rule == FindingRules.SyncPastEnd)
            Inside(finding, device);
        else if (rule == FindingRules.WrongDevice || rule == FindingRules.SyncWrongDevice)
            Suspect(finding, device);
        else if (rule == FindingRules.Overlap || rule == FindingRules.SharedLine)
            Shared(finding, device);
        else if (rule == FindingRules.SkipDropsData)
            _dropped = finding;
        else if (rule == FindingRules.SkipHidesCopy)
            Watch(finding, device, finding.Address.Value);
        else if (rule == FindingRules.SkipOnFirstMap)
            Accuse(finding, device, Confidence.Possible); // caches may have been cleaned by other means
        else if (rule == FindingRules.WrongEntryCount || rule == FindingRules.WrongAttributes)
            Accuse(finding, device, Confidence.Likely);
        else
            Accuse(finding, device, Confidence.Certain);
    }

    /// <summary>A map begins: findings that follow are about it.</summary>
    public void Mapping(in MappedBuffer buffer)
    {
        _mapping = buffer;
        if (_watched.Count == 0 || !_watched.TryGetValue((buffer.Device, buffer.Address.Value), out List<Suspicion>? watched))
            return;

        // A “second” unmap just before a map of another processor was that map's own: the clocks differ.
        int cpu = buffer.Cpu;
        long time = (long)buffer.Time;
        int gone = watched.RemoveAll(s => s.Finding.Rule == FindingRules.DoubleUnmap && s.Cpu != cpu && time - s.Finding.Time <= Disorder);
        _clocksDiffer |= gone > 0;
        if (watched.Count == 0)
            _watched.Remove((buffer.Device, buffer.Address.Value));
    }

    /// <summary>A mapping is synced.</summary>
    public void Synced(in LiveMapping mapping, in MappingEvent sync)
    {
        if (!mapping.Bounced || sync.Direction != DmaDirection.ToDevice || mapping.Direction != DmaDirection.Bidirectional || sync.Kind != MappingEventKind.SyncForCpu)
            return;
        var finding = new Finding(
            FindingRules.SyncDirection, follower.Tracker.Devices[mapping.Device].Name, sync.Time, sync.Address, mapping.Original, sync.Size, mapping.Time,
            $"{sync.Address}+{sync.Size} (BIDIRECTIONAL, bounced) is synced TO_DEVICE for the CPU: nothing is brought back from the slot");
        Accuse(finding, mapping.Device, Confidence.Possible); // allowed, if the CPU is not going to read
    }

    /// <summary>A mapping ends.</summary>
    public void Ended(in LiveMapping mapping, in MappingEvent release)
    {
        NoteEnd(mapping.Device, mapping.Address.Value);
        if (mapping.Bounced && (release.Attributes & DmaAttributes.SkipCpuSync) != 0 && mapping.Direction != DmaDirection.ToDevice)
            SkippedAtEnd(mapping);
        if (_watched.Count > 0 && _watched.Remove((mapping.Device, mapping.Address.Value), out List<Suspicion>? watched))
            Judge(watched, mapping, release.Time);
    }

    /// <summary>Events are missing: what waits for its end will not see it.</summary>
    public void Gap()
    {
        _watched.Clear();
        _strangers.Clear();
        Array.Clear(_endCounts);
    }

    /// <summary>All rules broken, the gravest and surest first.</summary>
    public IReadOnlyList<Accusation> Complete()
    {
        foreach (((int _, ulong _), List<Suspicion> watched) in _watched)
        {
            foreach (Suspicion s in watched)
            {
                bool old = (long)follower.Now - s.Finding.Time > Disorder;
                if (old && s.Finding.Rule != FindingRules.SkipHidesCopy)
                    Accuse(s.Finding, s.Device, s.Finding.Rule == FindingRules.DoubleUnmap ? Confidence.Certain : Confidence.Likely, s.Task);
            }
        }

        AccuseStrangers();
        AccuseSkips();
        foreach (Accusation accusation in _accusations.Values)
        {
            accusation.IsCountCut = follower.Tracker.CountOf(accusation.Rule) > MappingFollower.MostFindings;
            if (_clocksDiffer)
                accusation.Demote();
        }

        return
        [
            .. _accusations.Values.OrderByDescending(static a => a.Confidence > Confidence.Possible ? a.Rule.Severity : FindingSeverity.Note)
                .ThenByDescending(static a => a.Confidence).ThenBy(static a => a.Rule.Id, StringComparer.Ordinal).ThenBy(static a => a.Device, StringComparer.Ordinal),
        ];
    }

    private int DeviceOf(Finding finding)
    {
        IReadOnlyList<DeviceFacts> devices = follower.Tracker.Devices;
        for (int number = devices.Count - 1; number >= 0; number--)
        {
            if (ReferenceEquals(devices[number].Name, finding.Device))
                return number;
        }

        return 0;
    }

    private void Accuse(Finding finding, int device, Confidence confidence) => Accuse(finding, device, confidence, follower.Task);

    private void Accuse(Finding finding, int device, Confidence confidence, int task)
    {
        if (!_accusations.TryGetValue((finding.Rule, device), out Accusation? accusation))
            _accusations.Add((finding.Rule, device), accusation = new Accusation(finding.Rule, finding.Device));
        accusation.Add(finding, confidence, task);
    }

    private void Watch(Finding finding, int device, ulong address)
    {
        if (_watched.Count >= MostSuspects)
            return;
        if (!_watched.TryGetValue((device, address), out List<Suspicion>? watched))
            _watched.Add((device, address), watched = []);
        if (watched.Count < EndsKept)
            watched.Add(new Suspicion(finding, device, follower.Cpu, follower.Pid, follower.Task));
    }

    private void Suspect(Finding finding, int device)
    {
        if (_strangers.Count < MostSuspects && !follower.HasUnnamedSegments(device))
            _strangers.Add(new Suspicion(finding, device, follower.Cpu, follower.Pid, follower.Task));
    }

    private void NoteEnd(int device, ulong address)
    {
        int cpu = follower.Cpu;
        if ((uint)cpu >= (uint)_ends.Count)
        {
            if (cpu is < 0 or > 8191)
                return;
            while (_ends.Count <= cpu)
                _ends.Add(new (int, ulong)[EndsKept]);
            Array.Resize(ref _endCounts, _ends.Count);
        }

        _ends[cpu][_endCounts[cpu]++ & (EndsKept - 1)] = (device, address);
    }

    private bool EndedHere(int device, ulong address)
    {
        int cpu = follower.Cpu;
        return (uint)cpu < (uint)_ends.Count && Array.IndexOf(_ends[cpu], (device, address), 0, Math.Min(EndsKept, _endCounts[cpu])) >= 0;
    }
}
