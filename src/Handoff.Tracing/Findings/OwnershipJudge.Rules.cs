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
            Accuse(finding, device, Confidence.Certain);
        else if (finding.EndedAt is { } ended && finding.Time - ended > Disorder)
            Accuse(finding, device, Confidence.Likely);
    }

    /// <summary>
    /// An address inside a mapping: if that mapping is quite new, the call may be about an earlier one in the same place, and logged late.
    /// </summary>
    private void Inside(Finding finding, int device)
    {
        if (!follower.HasUnnamedSegments(device) && finding.MappedAt is { } mapped && finding.Time - mapped > Disorder)
            Accuse(finding, device, Confidence.Likely);
    }

    /// <summary>
    /// Memory mapped twice: two devices may share a buffer that neither bounces; and the unmap of the other mapping may be logged late. Whether it
    /// was is seen when it ends.
    /// </summary>
    private void Shared(Finding finding, int device)
    {
        if (finding.Other is not { } other)
            return;
        if (finding.Rule == FindingRules.Overlap && !_mapping.Bounced && !other.Bounced)
            return;
        if (_watched.Count >= MostSuspects)
            return;
        var key = (other.Device, other.Address.Value);
        if (!_watched.TryGetValue(key, out List<Suspicion>? watched))
            _watched.Add(key, watched = []);
        if (watched.Count < EndsKept)
            watched.Add(new Suspicion(finding, device, follower.Cpu, follower.Pid, follower.Task));
    }

    /// <summary>A watched mapping ends: what was waiting for it is decided.</summary>
    private void Judge(List<Suspicion> watched, in LiveMapping mapping, long now)
    {
        foreach (Suspicion s in watched)
        {
            if (s.Finding.Rule == FindingRules.SkipHidesCopy)
            {
                if (!mapping.SyncedForDevice)
                    Accuse(s.Finding, s.Device, ConfidenceOfSkip(mapping), s.Task);
                continue;
            }

            if (s.Finding.Rule == FindingRules.DoubleUnmap)
            {
                Accuse(s.Finding, s.Device, Confidence.Certain, s.Task);
                continue;
            }

            bool inProgramOrder = s.Cpu == follower.Cpu || s.Pid == follower.Pid;
            if (inProgramOrder || now - s.Finding.Time > Disorder)
                Accuse(s.Finding, s.Device, Confidence.Likely, s.Task);
        }
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
                Accuse(finding, mapping.Device, Confidence.Likely);
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
        if (!_accusations.TryGetValue((rule, device), out Accusation? accusation) || !accusation.Withdraw(same))
            return;
        if (accusation.Count == 0)
            _accusations.Remove((rule, device));
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
                    Accuse(finding, device, confidence, task);
            }

            if (_accusations.TryGetValue((FindingRules.SkipDropsData, device), out Accusation? accusation))
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
        foreach (Suspicion s in _strangers)
        {
            if (s.Finding.Other is { } other && live.Contains((other.Device, other.Address.Value, other.Time)))
                Accuse(s.Finding, s.Device, Confidence.Possible, s.Task);
        }
    }
}
