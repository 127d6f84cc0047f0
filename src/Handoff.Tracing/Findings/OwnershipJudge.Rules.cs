using Handoff.Ownership;
using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Findings;

/// <content>What it takes to believe each rule's findings.</content>
internal sealed partial class OwnershipJudge
{
    /// <summary>A sync on one processor and the unmap on another may be logged in the wrong order.</summary>
    private void LateSync(Finding finding, int device)
    {
        if (follower.HasUnnamedSegments(device))
            return;
        if (EndedHere(device, finding.Address.Value))
            Wait(finding, device, DoubtKind.UntilMap, Confidence.Certain);
        else if (finding.EndedAt is { } ended && finding.Time - ended > Disorder)
            Wait(finding, device, DoubtKind.UntilMap, Confidence.Likely);
    }

    /// <summary>
    /// An address inside a mapping: if that mapping is quite new, the call may be about an earlier one in the same place, and logged late.
    /// </summary>
    private void Inside(Finding finding, int device)
    {
        if (!follower.HasUnnamedSegments(device) && finding.MappedAt is { } mapped && finding.Time - mapped > Disorder)
            Wait(finding, device, DoubtKind.UntilMap, Confidence.Likely);
    }

    /// <summary>
    /// Memory mapped twice. Two devices may share a buffer that neither bounces. A driver gives memory to others only after its unmap was
    /// logged, so nothing but different clocks can make two mappings seem to overlap; which it was is seen when the earlier one ends.
    /// </summary>
    private void Shared(Finding finding, int device)
    {
        if (finding.Other is not { } other || MappingFollower.IsDoubtful(other.Tag))
            return;
        if (finding.Rule == FindingRules.Overlap && !_mappingBounces && !other.Bounced)
            return;
        bool sameCpu = MappingFollower.CpuOf(other.Tag) == (follower.Cpu & MappingFollower.CpuMask);
        if (sameCpu || finding.Time - other.Time > Disorder)
            Wait(new Doubt(finding, device, DoubtKind.Overlap, Confidence.Likely, follower.Cpu, follower.Task), other.Device, other.Address.Value);
    }

    /// <summary>A mapping ends: what was waiting for it is decided.</summary>
    private void Decide(List<Doubt> doubts, in LiveMapping mapping, long now)
    {
        for (int i = doubts.Count - 1; i >= 0; i--)
        {
            Doubt doubt = doubts[i];
            switch (doubt.Kind)
            {
                case DoubtKind.UntilEnd:
                    if (!mapping.SyncedForDevice)
                        Accuse(doubt with { Confidence = ConfidenceOfSkip(mapping) });
                    break;
                case DoubtKind.Overlap:
                    if (doubt.Cpu == follower.Cpu || now - doubt.Finding.Time > Disorder)
                        Accuse(doubt);
                    break;
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
        if (mapping.SyncedForCpu)
        {
            habits.SyncsForCpu = true;
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
        var live = follower.Tracker.LiveMappings().Select(static m => (m.Device, m.Address.Value, m.Time)).ToHashSet();
        foreach (Doubt s in _strangers)
        {
            if (s.Finding.Other is { } other && live.Contains((other.Device, other.Address.Value, other.Time)))
                Accuse(s with { Confidence = Confidence.Possible });
        }
    }
}
