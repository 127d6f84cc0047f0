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
    private const long Disorder = (long)EarlyReleases.MostDisorder;

    private const int EndsKept = 16; // per processor, a power of two
    private const int MostDoubts = 10_000;

    private const int MostWithdrawable = 1 << 16;

    private readonly Dictionary<(FindingRule Rule, int Device), Accusation> _accusations = [];
    private readonly List<Doubt> _accused = []; // not in the accusations yet: a later note of lost events may explain them
    private readonly Dictionary<(int Device, ulong Address), List<Doubt>> _doubts = []; // by the address whose next event decides
    private readonly List<Doubt> _strangers = []; // releases and syncs of other devices' mappings
    private readonly List<(int Device, ulong Address)[]> _ends = []; // latest ends of each processor
    private readonly Dictionary<int, SkipHabits> _habits = [];
    private int[] _endCounts = [];
    private bool _mappingBounces; // the one being made now
    private Finding? _dropped; // of the mapping that ends now: DMA0051
    private bool _clocksDiffer;

    /// <summary>The tracker found something in the event being processed.</summary>
    public void Found(Finding finding)
    {
        int device = DeviceOf(finding);
        FindingRule rule = finding.Rule;
        if (rule == FindingRules.SyncAfterUnmap)
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
            Wait(finding, device, DoubtKind.UntilEnd, Confidence.Likely);
        else if (rule == FindingRules.SkipOnFirstMap)
            Wait(finding, device, DoubtKind.UntilMap, Confidence.Possible); // caches may have been cleaned by other means
        else if (rule == FindingRules.WrongEntryCount || rule == FindingRules.WrongAttributes)
            Wait(finding, device, DoubtKind.UntilMap, Confidence.Likely);
        else
            Wait(finding, device, DoubtKind.UntilMap, Confidence.Certain);
    }

    /// <summary>A map begins: findings that follow are about it.</summary>
    public void Mapping(in MappedBuffer buffer)
    {
        _mappingBounces = buffer.Bounced;
        if (_doubts.Count == 0 || !_doubts.TryGetValue((buffer.Device, buffer.Address.Value), out List<Doubt>? doubts))
            return;

        // A wrong release or sync just before a map of another processor may have been about that one: clocks differ.
        int cpu = buffer.Cpu;
        long time = (long)buffer.Time;
        int gone = doubts.RemoveAll(d => d.Kind == DoubtKind.UntilMap && d.Cpu != cpu && time - d.Finding.Time <= Disorder);
        _clocksDiffer |= gone > 0;
        if (doubts.Count == 0)
            _doubts.Remove((buffer.Device, buffer.Address.Value));
    }

    /// <summary>A mapping is synced.</summary>
    public void Synced(in LiveMapping mapping, in MappingEvent sync)
    {
        if (!mapping.Bounced || sync.Direction != DmaDirection.ToDevice || mapping.Direction != DmaDirection.Bidirectional || sync.Kind != MappingEventKind.SyncForCpu)
            return;
        var finding = new Finding(
            FindingRules.SyncDirection, follower.Tracker.Devices[mapping.Device].Name, sync.Time, sync.Address, mapping.Original, sync.Size, mapping.Time,
            $"{sync.Address}+{sync.Size} (BIDIRECTIONAL, bounced) is synced TO_DEVICE for the CPU: nothing is brought back from the slot");
        Wait(finding, mapping.Device, DoubtKind.UntilMap, Confidence.Possible); // allowed, if the CPU is not going to read
    }

    /// <summary>A mapping ends.</summary>
    public void Ended(in LiveMapping mapping, in MappingEvent release)
    {
        NoteEnd(mapping.Device, mapping.Address.Value);
        if (mapping.Bounced && (release.Attributes & DmaAttributes.SkipCpuSync) != 0 && mapping.Direction != DmaDirection.ToDevice)
            SkippedAtEnd(mapping);
        if (_doubts.Count > 0 && _doubts.TryGetValue((mapping.Device, mapping.Address.Value), out List<Doubt>? doubts))
            Decide(doubts, mapping, release.Time);
    }

    /// <summary>
    /// Events are missing: what waits for its end will not see it, and what was found since the first of them was lost may be their lack.
    /// The note of a loss stands where its processor goes on; other processors' events stand before it.
    /// </summary>
    public void Gap(ulong since)
    {
        AcceptWaiting();
        _accused.RemoveAll(doubt => (ulong)doubt.Finding.Time > since);
        foreach (SkipHabits habits in _habits.Values)
            habits.Unsynced.RemoveAll(unsynced => (ulong)unsynced.Finding.Time > since);
        _strangers.Clear();
        Array.Clear(_endCounts);
    }

    /// <summary>All rules broken, the gravest and surest first.</summary>
    public IReadOnlyList<Accusation> Complete()
    {
        AcceptWaiting();
        AccuseStrangers();
        AccuseSkips();
        Settle();
        CountSkips();
        foreach (Accusation accusation in _accusations.Values)
        {
            accusation.IsCountCut = follower.Tracker.CountOf(accusation.Rule) > MappingFollower.MostFindings;
            if (_clocksDiffer || follower.ClocksDiffer)
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

    private void Accuse(Doubt doubt)
    {
        if (_accused.Count >= MostWithdrawable)
            Settle();
        _accused.Add(doubt);
    }

    private void Settle()
    {
        foreach (Doubt doubt in _accused)
        {
            if (!_accusations.TryGetValue((doubt.Finding.Rule, doubt.Device), out Accusation? accusation))
                _accusations.Add((doubt.Finding.Rule, doubt.Device), accusation = new Accusation(doubt.Finding.Rule, doubt.Finding.Device));
            accusation.Add(doubt.Finding, doubt.Confidence, doubt.Task);
        }

        _accused.Clear();
    }

    /// <summary>Lets a finding wait for what decides about it.</summary>
    private void Wait(Finding finding, int device, DoubtKind kind, Confidence confidence) =>
        Wait(new Doubt(finding, device, kind, confidence, follower.Cpu, follower.Task), device, finding.Address.Value);

    private void Wait(Doubt doubt, int device, ulong address)
    {
        if (_doubts.Count >= MostDoubts)
            AcceptOld();
        if (_doubts.Count >= MostDoubts)
            return;
        if (!_doubts.TryGetValue((device, address), out List<Doubt>? doubts))
            _doubts.Add((device, address), doubts = []);
        if (doubts.Count < EndsKept)
            doubts.Add(doubt);
    }

    private void Suspect(Finding finding, int device)
    {
        if (_strangers.Count < MostDoubts && !follower.HasUnnamedSegments(device))
            _strangers.Add(new Doubt(finding, device, DoubtKind.UntilMap, Confidence.Possible, follower.Cpu, follower.Task));
    }

    /// <summary>What nothing has contradicted in time is believed.</summary>
    private void AcceptOld()
    {
        foreach (((int Device, ulong Address) key, List<Doubt> doubts) in _doubts.ToArray())
        {
            foreach (Doubt doubt in doubts.FindAll(d => d.Kind == DoubtKind.UntilMap && (long)follower.Now - d.Finding.Time > Disorder))
            {
                Accuse(doubt);
                doubts.Remove(doubt);
            }

            if (doubts.Count == 0)
                _doubts.Remove(key);
        }
    }

    /// <summary>Nothing more comes that could decide.</summary>
    private void AcceptWaiting()
    {
        foreach (List<Doubt> doubts in _doubts.Values)
        {
            foreach (Doubt doubt in doubts)
            {
                bool old = (long)follower.Now - doubt.Finding.Time > Disorder;
                if (doubt.Kind == DoubtKind.UntilMap || (doubt.Kind == DoubtKind.Overlap && old))
                    Accuse(doubt);
            }
        }

        _doubts.Clear();
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
