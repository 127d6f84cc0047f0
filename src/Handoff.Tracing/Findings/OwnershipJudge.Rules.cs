using Handoff.Ownership;
using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Findings;

/// <content>What it takes to believe each rule's findings.</content>
internal sealed partial class OwnershipJudge
{
    private static bool IsAboutSync(FindingRule rule) =>
        rule == FindingRules.SyncDirection || rule == FindingRules.SyncReadOnlyForCpu || rule == FindingRules.SyncWriteOnlyForDevice || rule == FindingRules.SyncEntryCount;

    private static bool IsAboutSkip(FindingRule rule) =>
        rule == FindingRules.SkipDropsData || rule == FindingRules.SkipHidesCopy || rule == FindingRules.SkipOnFirstMap;

    /// <summary>A release that waited for a map it could belong to is what it seems, all the more if no other processor used the address meanwhile.</summary>
    private void WrongRelease(Finding finding, int device, Confidence confidence)
    {
        if (finding.Rule == FindingRules.WrongAttributes && statistics.AttributesMayDiffer)
            confidence = Confidence.Possible;
        if (finding.Rule == FindingRules.WrongEntryCount && finding.MappedAt is { } mapped && _shortened.Count < MostDoubts)
            _shortened.Add((device, mapped));
        if (follower.Settling is { } release && finding.Other is not null)
            _undecided.Add(new Doubt(finding, device, DoubtKind.UntilMap, release.IsDisturbed ? confidence - 1 : confidence, follower.Cpu, follower.Task));
        else if (follower.Settling is { } settling)
            Accuse(new Doubt(finding, device, DoubtKind.UntilMap, settling.IsDisturbed ? confidence - 1 : confidence, follower.Cpu, follower.Task));
        else
            Wait(finding, device, DoubtKind.UntilMap, confidence);
    }

    /// <summary>
    /// A sync that differs from its mapping may be about an earlier one in the same place, if another processor made this one just before, or about a later
    /// one that another processor made and will log.
    /// </summary>
    private void WrongSync(Finding finding, int device, Confidence confidence)
    {
        bool sameCpu = MappingFollower.CpuOf(finding.Tag) == (follower.Cpu & MappingFollower.CpuMask);
        bool old = finding.MappedAt is { } mapped && finding.Time - mapped > Disorder;
        if ((sameCpu || old) && !MappingFollower.IsDoubtful(finding.Tag) && !follower.HasUnnamedSegments(device) && !EndedElsewhere(device, finding) && _syncs.Count < MostDoubts)
            _syncs.Enqueue(new Doubt(finding, device, DoubtKind.UntilMap, confidence, follower.Cpu, follower.Task));
        else
            follower.Tracker.Retract(finding);
    }

    /// <summary>A map: syncs of just these bytes that another processor logged before it may be about it.</summary>
    private void ForgiveSyncs(in MappedBuffer buffer)
    {
        AcceptSyncs((long)buffer.Time);
        for (int left = _syncs.Count; left > 0; left--)
        {
            Doubt doubt = _syncs.Dequeue();
            ulong at = doubt.Finding.Address.Value - buffer.Address.Value;
            if (doubt.Device != buffer.Device || doubt.Cpu == buffer.Cpu || at >= buffer.Size)
                _syncs.Enqueue(doubt);
            else
                follower.Tracker.Retract(doubt.Finding);
        }
    }

    /// <summary>Syncs that no map has explained in time are what they seem.</summary>
    private void AcceptSyncs(long now)
    {
        while (_syncs.TryPeek(out Doubt? doubt) && now - doubt.Finding.Time > Disorder)
            Accuse(_syncs.Dequeue());
    }

    /// <summary>Whether another processor released the address just before: then the call may be about what was there.</summary>
    private bool EndedElsewhere(int device, Finding finding) =>
        follower.Ends.Elsewhere(device, finding.Address.Value, follower.Cpu) is > 0 and var ended && finding.Time - (long)ended <= Disorder;

    /// <summary>A sync on one processor and the unmap on another may be logged in the wrong order.</summary>
    private void LateSync(Finding finding, int device)
    {
        bool unnamed = follower.HasUnnamedSegments(device), elsewhere = EndedElsewhere(device, finding);
        if (!unnamed && elsewhere)
        {
            Excuse(device, finding.Address.Value, finding.Time);
            if (_habits.TryGetValue(device, out SkipHabits? habits))
                habits.Unsynced.RemoveAll(unsynced => unsynced.Finding.Address == finding.Address && finding.Time - unsynced.Finding.Time <= Disorder);
        }

        if (unnamed || elsewhere || follower.Ends.AroundElsewhere(device, finding.Address.Value, follower.Cpu, (ulong)Math.Max(0, finding.Time - Disorder)))
            follower.Tracker.Retract(finding);
        else if (follower.Ends.WasHere(device, finding.Address.Value, follower.Cpu))
            Wait(finding, device, DoubtKind.UntilMap, Confidence.Certain);
        else if (finding.EndedAt is { } ended && finding.Time - ended > Disorder)
            Wait(finding, device, DoubtKind.UntilMap, Confidence.Likely);
        else
            follower.Tracker.Retract(finding);
    }

    /// <summary>A sync that another processor logged late may be the one that a mapping released with SKIP_CPU_SYNC seemed to lack.</summary>
    private void Excuse(int device, ulong address, long time)
    {
        if (_doubts.TryGetValue((device, address), out List<Doubt>? doubts))
            Forgive(doubts, d => IsAboutSkip(d.Finding.Rule) && d.Cpu != follower.Cpu && time - d.Finding.Time <= Disorder);
    }

    /// <summary>
    /// A release of an address inside a mapping: if that mapping is quite new, the call may be about an earlier one in the same place, and logged late.
    /// </summary>
    private void Inside(Finding finding, int device)
    {
        if (follower.HasUnnamedSegments(device) || MappingFollower.IsDoubtful(finding.Tag) || finding.MappedAt is not { } mapped || finding.Time - mapped <= Disorder || EndedElsewhere(device, finding))
            follower.Tracker.Retract(finding);
        else
            WrongRelease(finding, device, Confidence.Likely);
    }

    /// <summary>
    /// Memory mapped twice. Two devices may share a buffer that neither bounces. A driver gives memory to others only after its unmap was
    /// logged, so nothing but different clocks can make two mappings seem to overlap; which it was is seen when the earlier one ends.
    /// </summary>
    private void Shared(Finding finding, int device)
    {
        if (finding.Other is not { } other || MappingFollower.IsDoubtful(other.Tag)
            || MayHaveEnded(other)
            || follower.IsReleaseWaiting(other.Device, other.Address)) // with the wrong arguments, perhaps: that is said then
        {
            follower.Tracker.Retract(finding);
            return;
        }

        bool sameCpu = MappingFollower.CpuOf(other.Tag) == (follower.Cpu & MappingFollower.CpuMask);
        bool harmless = finding.Rule == FindingRules.Overlap && !_mappingBounces && !other.Bounced; // unless the earlier one was forgotten
        if ((!harmless || other.Mapping == MappingKind.Single) && (sameCpu || finding.Time - other.Time > Disorder))
            Wait(new Doubt(finding, device, harmless ? DoubtKind.Reuse : DoubtKind.Overlap, Confidence.Likely, follower.Cpu, follower.Task) { Writes = _mappingWrites }, other.Device, other.Address.Value);
        else
            follower.Tracker.Retract(finding);
    }

    private bool MayHaveEnded(in LiveMapping mapping) =>
        mapping is { Bounced: false, Mapping: MappingKind.Single } && statistics.MayLackUnmaps(statistics.DeviceOf(mapping.Device));

    /// <summary>A mapping ends: what was waiting for it is decided.</summary>
    private void Decide(List<Doubt> doubts, in LiveMapping mapping, long now)
    {
        for (int i = doubts.Count - 1; i >= 0; i--)
        {
            Doubt doubt = doubts[i];
            switch (doubt.Kind)
            {
                case DoubtKind.UntilEnd when doubt.Finding.MappedAt != mapping.Time:
                case DoubtKind.Overlap or DoubtKind.Reuse when doubt.Finding.Other?.Time != mapping.Time:
                    continue; // the end of another one in the same place
                case DoubtKind.Reuse:
                    follower.Tracker.Retract(doubt.Finding);
                    break;
                case DoubtKind.UntilEnd:
                    if (mapping.SyncedForDevice)
                        follower.Tracker.Retract(doubt.Finding);
                    else
                        Accuse(doubt with { Confidence = ConfidenceOfSkip(mapping) });
                    break;
                case DoubtKind.Overlap when IsShortened(doubt):
                    break; // ended with what was mapped in the same place later
                case DoubtKind.Overlap:
                    if (doubt.Cpu == follower.Cpu || now - doubt.Finding.Time > Disorder)
                        Accuse(doubt);
                    else
                        follower.Tracker.Retract(doubt.Finding);
                    break;
                case DoubtKind.Stranger:
                    continue;
                default:
                    if (now - doubt.Finding.Time <= Disorder)
                        continue; // the release in question itself, perhaps
                    Accuse(doubt);
                    break;
            }

            doubts.RemoveAt(i);
        }

        if (doubts.Count == 0)
            _doubts.Remove((mapping.Device, mapping.Address.Value));
    }

    /// <summary>Network drivers map pages for both directions and give them to a device that only writes; lists are shared buffers.</summary>
    private static Confidence ConfidenceOfSkip(in LiveMapping mapping) =>
        mapping.Direction == DmaDirection.ToDevice || mapping.Mapping == MappingKind.Sg ? Confidence.Likely : Confidence.Possible;

    /// <summary>
    /// Released with SKIP_CPU_SYNC though it bounced. A driver that syncs each buffer it uses may release unused ones so; one that never
    /// syncs loses data.
    /// </summary>
    private void SkippedAtEnd(in LiveMapping mapping)
    {
        if (!_habits.TryGetValue(mapping.Device, out SkipHabits? habits))
            _habits.Add(mapping.Device, habits = new SkipHabits());
        if (mapping.SyncedForCpu || WasSyncedEarly(mapping))
        {
            habits.SyncsForCpu = true;
            if (_dropped is { } harmless && harmless.Address == mapping.Address)
                follower.Tracker.Retract(harmless);
        }
        else if (_dropped is { } finding && finding.Address == mapping.Address && finding.Rule == FindingRules.SkipDropsData)
        {
            bool onlyAtEnd = (mapping.Attributes & DmaAttributes.SkipCpuSync) == 0;
            if (onlyAtEnd)
            {
                Withdraw(FindingRules.WrongAttributes, mapping.Device, finding); // said better by this one
                Wait(finding, mapping.Device, DoubtKind.UntilMap, Confidence.Likely);
            }
            else if (habits.Unsynced.Count < MappingFollower.MostFindings)
            {
                habits.Unsynced.Add((finding, mapping.Mapping == MappingKind.Sg ? Confidence.Likely : Confidence.Possible, follower.Task));
            }
            else
            {
                habits.MoreUnsynced++;
            }
        }

        _dropped = null;
    }

    private void Withdraw(FindingRule rule, int device, Finding same)
    {
        if (_doubts.TryGetValue((device, same.Address.Value), out List<Doubt>? doubts))
            doubts.RemoveAll(d => d.Finding.Rule == rule && d.Finding.Time == same.Time);
        if (_accused.Count > 0 && _accused[^1] is { } last && last.Device == device && last.Finding.Rule == rule && last.Finding.Time == same.Time && last.Finding.Address == same.Address)
            _accused.RemoveAt(_accused.Count - 1);
    }

    private void AccuseSkips()
    {
        foreach ((int device, SkipHabits habits) in _habits)
        {
            if (habits.Unsynced.Count == 0)
                continue;
            foreach ((Finding finding, Confidence confidence, int task) in habits.Unsynced)
            {
                if (!habits.SyncsForCpu || confidence > Confidence.Possible)
                    Accuse(new Doubt(finding, device, DoubtKind.UntilMap, confidence, follower.Cpu, task));
            }
        }
    }

    /// <summary>Adds those that were too many to keep.</summary>
    private void CountSkips()
    {
        foreach ((int device, SkipHabits habits) in _habits)
        {
            if (habits.Unsynced.Count > 0 && _accusations.TryGetValue((FindingRules.SkipDropsData, device), out Accusation? accusation))
                accusation.Count += habits.MoreUnsynced;
        }
    }

    /// <summary>
    /// A device released what another one has mapped. It may have had a mapping of its own at that address from before the recording; if the
    /// other's mapping never ends, that is less likely.
    /// </summary>
    private void AccuseStrangers()
    {
        if (_strangers.Count == 0)
            return;
        var live = follower.Tracker.LiveMappings().Where(static m => !MappingFollower.IsDoubtful(m.Tag)).Select(static m => (m.Device, m.Address.Value, m.Time)).ToHashSet();
        foreach (Doubt s in _strangers)
        {
            if (s.Finding.Other is { } other && live.Contains((other.Device, other.Address.Value, other.Time)))
                Accuse(s);
        }
    }
}
