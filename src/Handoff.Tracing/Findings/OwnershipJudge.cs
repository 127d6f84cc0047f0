using Handoff.Ownership;
using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Findings;

/// <summary>
/// Decides which findings of the ownership tracker a recording supports. Recordings log unmaps after the release, from several processors
/// whose clocks may differ a little, and show no accesses: a finding that any of this could explain is dropped or said with less confidence.
/// </summary>
internal sealed partial class OwnershipJudge(MappingFollower follower, MappingStatistics statistics)
{
    /// <summary>Time, in nanoseconds, within which events of different processors may stand in the wrong order.</summary>
    private const long Disorder = (long)EarlyReleases.MostDisorder;

    private const int DoubtsKept = 16; // about one address
    private const int MostDoubts = 10_000;

    private const int MostWithdrawable = 1 << 16;

    private readonly Dictionary<(FindingRule Rule, int Device), Accusation> _accusations = [];
    private readonly List<Doubt> _accused = []; // not in the accusations yet: a later note of lost events may explain them
    private readonly Dictionary<(int Device, ulong Address), List<Doubt>> _doubts = []; // by the address whose next event decides
    private readonly Queue<Doubt> _syncs = new(); // that differ from their mappings, oldest first
    private readonly List<Doubt> _strangers = []; // at the end: releases and syncs of other devices' mappings
    private readonly Dictionary<int, SkipHabits> _habits = [];
    private readonly Dictionary<(int Device, ulong Address), (int Cpu, long Time)> _earlySyncs = []; // for the CPU, of what was not mapped
    private bool _mappingBounces; // the one being made now
    private bool _mappingWrites;
    private long _acceptedOld = -Disorder; // when
    private Finding? _dropped; // of the mapping that ends now: DMA0051

    /// <summary>The tracker found something in the event being processed.</summary>
    public void Found(Finding finding)
    {
        int device = Math.Max(finding.DeviceNumber, 0);
        FindingRule rule = finding.Rule;
        if (rule == FindingRules.UnmapOfError)
            Accuse(new Doubt(finding, device, DoubtKind.UntilMap, Confidence.Certain, follower.Cpu, follower.Task)); // no map is like it
        else if (rule == FindingRules.SyncAfterUnmap)
            LateSync(finding, device);
        else if (rule == FindingRules.UnknownUnmap)
            Inside(finding, device);
        else if (rule == FindingRules.WrongDevice || rule == FindingRules.SyncWrongDevice)
            Suspect(finding, device);
        else if (rule == FindingRules.SyncPastEnd)
            WrongSync(finding, device, Confidence.Likely);
        else if (IsAboutSync(rule))
            WrongSync(finding, device, Confidence.Certain);
        else if (rule == FindingRules.Overlap || rule == FindingRules.SharedLine)
            Shared(finding, device);
        else if (rule == FindingRules.SkipDropsData)
            _dropped = finding;
        else if (rule == FindingRules.SkipHidesCopy)
            Wait(finding, device, DoubtKind.UntilEnd, Confidence.Likely);
        else if (rule == FindingRules.SkipOnFirstMap)
            Wait(finding, device, DoubtKind.UntilMap, Confidence.Possible); // caches may have been cleaned by other means
        else if (rule == FindingRules.WrongEntryCount || rule == FindingRules.WrongAttributes)
            WrongRelease(finding, device, Confidence.Likely);
        else
            WrongRelease(finding, device, Confidence.Certain);
    }

    /// <summary>A map begins: findings that follow are about it.</summary>
    public void Mapping(in MappedBuffer buffer)
    {
        _mappingBounces = buffer.Bounced;
        _mappingWrites = buffer.Direction != DmaDirection.ToDevice;
        if (_syncs.Count > 0)
            ForgiveSyncs(buffer);
        if (_doubts.Count == 0 || !_doubts.TryGetValue((buffer.Device, buffer.Address.Value), out List<Doubt>? doubts))
            return;

        ForgiveOthers(doubts, buffer.Cpu, (long)buffer.Time);
        if (doubts.Count == 0)
            _doubts.Remove((buffer.Device, buffer.Address.Value));
    }

    /// <summary>A wrong release or sync just before a map of another processor may have been about that one: clocks differ.</summary>
    private void ForgiveOthers(List<Doubt> doubts, int cpu, long time) =>
        Forgive(doubts, d => d.Kind is DoubtKind.UntilMap or DoubtKind.Stranger && d.Cpu != cpu && time - d.Finding.Time <= Disorder);

    /// <summary>A sync or release of something that is not mapped: it may be logged before its map, by a processor whose clock is behind the map's.</summary>
    public void Unknown(in MappingEvent e)
    {
        if (e.Kind != MappingEventKind.SyncForCpu)
            return;
        if (_earlySyncs.Count >= MostDoubts)
            _earlySyncs.Clear();
        _earlySyncs[(e.Device, e.Address.Value)] = (follower.Cpu, e.Time);
    }

    /// <summary>Whether a sync for the CPU that another processor logged just before a mapping's map may be the mapping's.</summary>
    private bool WasSyncedEarly(in LiveMapping mapping) =>
        _earlySyncs.Count > 0 && _earlySyncs.TryGetValue((mapping.Device, mapping.Address.Value), out (int Cpu, long Time) sync)
        && (sync.Cpu & MappingFollower.CpuMask) != MappingFollower.CpuOf(mapping.Tag) && mapping.Time - sync.Time is >= 0 and <= Disorder;

    /// <summary>A mapping is synced.</summary>
    public void Synced(in LiveMapping mapping, in MappingEvent sync)
    {
        if (_doubts.Count > 0)
            Excuse(mapping.Device, mapping.Address.Value, sync.Time);
        if (!mapping.Bounced || sync.Direction != DmaDirection.ToDevice || mapping.Direction != DmaDirection.Bidirectional || sync.Kind != MappingEventKind.SyncForCpu)
            return;
        var finding = new Finding(
            FindingRules.SyncDirection, follower.Tracker.Devices[mapping.Device].Name, sync.Time, sync.Address, mapping.Original, sync.Size, mapping.Time,
            $"{sync.Address}+{sync.Size} (BIDIRECTIONAL, bounced) is synced TO_DEVICE for the CPU: nothing is brought back from the slot")
        { Tag = mapping.Tag };
        WrongSync(finding, mapping.Device, Confidence.Possible); // allowed, if the CPU is not going to read
    }

    /// <summary>A mapping ends.</summary>
    public void Ended(in LiveMapping mapping, in MappingEvent release)
    {
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
        AcceptWaiting(atEnd: false);
        AcceptUndecided();
        _accused.RemoveAll(doubt => (ulong)doubt.Finding.Time > since);
        foreach (SkipHabits habits in _habits.Values)
            habits.Unsynced.RemoveAll(unsynced => (ulong)unsynced.Finding.Time > since);
        _strangers.Clear();
    }

    /// <summary>All rules broken, the gravest and surest first.</summary>
    public IReadOnlyList<Accusation> Complete()
    {
        AcceptWaiting(atEnd: true);
        Decide();
        AccuseStrangers();
        AccuseSkips();
        Settle();
        CountSkips();
        foreach (((FindingRule rule, int device), Accusation accusation) in _accusations)
            accusation.IsCountCut = follower.Tracker.CountOf(rule, device) > MappingFollower.MostFindings;

        return
        [
            .. _accusations.Values.OrderByDescending(static a => a.Confidence > Confidence.Possible ? a.Rule.Severity : FindingSeverity.Note)
                .ThenByDescending(static a => a.Confidence).ThenBy(static a => a.Rule.Id, StringComparer.Ordinal).ThenBy(static a => a.Device, StringComparer.Ordinal),
        ];
    }

    /// <summary>Forgets what is harmless; the tracker then counts it no more, and has room for others.</summary>
    private void Forgive(List<Doubt> doubts, Predicate<Doubt> harmless)
    {
        for (int i = doubts.Count - 1; i >= 0; i--)
        {
            if (!harmless(doubts[i]))
                continue;
            follower.Tracker.Retract(doubts[i].Finding);
            doubts.RemoveAt(i);
        }
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
        if (doubts.Count < DoubtsKept)
            doubts.Add(doubt);
    }

    private void Suspect(Finding finding, int device)
    {
        if (follower.HasUnnamedSegments(device))
            follower.Tracker.Retract(finding);
        else
            Wait(finding, device, DoubtKind.Stranger, Confidence.Possible);
    }

    /// <summary>What nothing has contradicted in time is believed.</summary>
    private void AcceptOld()
    {
        if ((long)follower.Now - _acceptedOld < Disorder)
            return; // no more than once in that time
        _acceptedOld = (long)follower.Now;
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
    private void AcceptWaiting(bool atEnd)
    {
        AcceptSyncs(long.MaxValue);
        foreach (List<Doubt> doubts in _doubts.Values)
        {
            foreach (Doubt doubt in doubts)
            {
                bool old = (long)follower.Now - doubt.Finding.Time > Disorder;
                if (doubt.Kind is DoubtKind.Overlap or DoubtKind.Reuse && IsOverSingle(doubt))
                    NoteReuse(doubt, atEnd && old);
                else if (doubt.Kind == DoubtKind.UntilMap || (doubt.Kind == DoubtKind.Overlap && old && !IsShortened(doubt)))
                    Accuse(doubt);
                else if (doubt.Kind == DoubtKind.Stranger)
                    _strangers.Add(doubt);
            }
        }

        _doubts.Clear();
    }
}
