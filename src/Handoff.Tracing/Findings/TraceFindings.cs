using Handoff.Tracing.Mappings;
using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Findings;

/// <summary>Ranks what is wrong in a recording, and says why and what to do.</summary>
public static class TraceFindings
{
    /// <summary>All findings, the gravest and surest first.</summary>
    /// <param name="analysis">What was learnt from the recording.</param>
    /// <param name="trials">Tries cures out on the recorded load; <see langword="null"/> to leave them untried.</param>
    public static IReadOnlyList<TraceFinding> Find(TraceAnalysis analysis, ICureTrials? trials = null)
    {
        ArgumentNullException.ThrowIfNull(analysis);
        var context = new FindingContext(analysis);
        IReadOnlyList<LeakSuspect> leaks = LeakDetector.Find(context);
        var findings = new List<TraceFinding>();
        findings.AddRange(Failures(context, leaks));
        findings.AddRange(LeakFindings.Stranded(context, leaks));
        findings.AddRange(LeakFindings.Reused(context, leaks));
        findings.AddRange(OwnershipFindings.Find(context));
        findings.AddRange(BounceFindings.Find(context));
        findings.AddRange(IncompleteFindings.Find(context));
        IEnumerable<TraceFinding> ranked = findings
            .OrderByDescending(static f => f.IsWrong)
            .ThenByDescending(static f => f.Severity)
            .ThenBy(static f => f.Kind)
            .ThenByDescending(static f => f.Confidence)
            .ThenByDescending(static f => f.Count);
        return trials is null ? [.. ranked] : [.. Tried(ranked, trials)];
    }

    private static IEnumerable<TraceFinding> Failures(FindingContext context, IReadOnlyList<LeakSuspect> leaks)
    {
        var failures = context.Statistics.Failures.OrderByDescending(static f => f.Count).ToList();
        var explained = new HashSet<FailureGroup>();
        foreach (LeakSuspect leak in leaks)
        {
            // A leak explains the failures of the pool that it filled.
            List<FailureGroup> led = leak.Confidence == Confidence.Possible ? [] : failures.FindAll(f => f.Kind is MapFailureKind.Full or MapFailureKind.PoolOfUnknownSize or MapFailureKind.GrowingPool or MapFailureKind.Fragmented
                && Held(f, leak.Group.Device) * 4 >= f.Holders.Sum(static h => h.Slots) && f.Holders.Count > 0);
            yield return LeakFindings.Leak(context, leak, led);
            explained.UnionWith(led);
        }

        failures.RemoveAll(explained.Contains);
        if (context.Statistics.PoolsGrow)
        {
            foreach (FailureGroup failure in failures.Where(static f => f is { Kind: MapFailureKind.Full or MapFailureKind.Fragmented or MapFailureKind.AreasTooSmall, Pool.IsRestricted: false }).ToList())
            {
                yield return PoolFindings.CannotGrow(context, failure);
                failures.Remove(failure);
            }
        }

        foreach (var pool in failures.FindAll(static f => f.Kind is MapFailureKind.Full or MapFailureKind.PoolOfUnknownSize).GroupBy(static f => f.Pool))
        {
            // Without its size, a pool that held more at another time cannot have been full: no run was long enough.
            // Nor if its slots were seen over a range much larger than what was in use.
            List<FailureGroup> full = [.. pool.Where(f => f.Kind == MapFailureKind.Full || (!IsWide(f) && (f.MostUsed + f.MostSlots > f.Pool!.Used.Peak || f.MostUsed * 32 >= f.Pool.Used.Peak * 31)))];
            if (full.Count > 0)
                yield return PoolFindings.Full(context, pool.Key, full);
            foreach (FailureGroup other in pool.Except(full))
                yield return ReachFindings.Unexplained(context, other);
        }

        foreach (FailureGroup failure in failures)
        {
            bool dependsOnUnseen = failure.Kind is MapFailureKind.Fragmented or MapFailureKind.AreasTooSmall or MapFailureKind.Unexplained && failure.Pool is { Slots: > 0 } && context.SlotsMayBeUnseen;
            TraceFinding? finding = failure.Kind switch
            {
                _ when dependsOnUnseen => ReachFindings.HeldUnseen(context, failure),
                MapFailureKind.OverLimit => ReachFindings.OverLimit(context, failure),
                MapFailureKind.Fragmented => PoolFindings.Fragmented(context, failure),
                MapFailureKind.AreasTooSmall => PoolFindings.AreasTooSmall(context, failure),
                MapFailureKind.GrowingPool => PoolFindings.CannotGrow(context, failure),
                MapFailureKind.PoolOutOfReach => ReachFindings.OutOfReach(context, failure),
                MapFailureKind.NoPool => ReachFindings.NoPool(context, failure),
                MapFailureKind.Translated => ReachFindings.Translated(context, failure),
                MapFailureKind.Unexplained or MapFailureKind.Registers => ReachFindings.Unexplained(context, failure),
                _ => null,
            };
            if (finding is not null)
                yield return finding;
        }

        foreach (TraceFinding allocations in AllocationFindings.Find(context, failures.Where(static f => f.Kind == MapFailureKind.Allocation)))
            yield return allocations;
    }

    private static bool IsWide(FailureGroup failure) =>
        failure.Pool is { } pool && pool.HighestSeen > pool.LowestSeen && (ulong)(failure.MostUsed + failure.MostSlots) * 8 < (pool.HighestSeen - pool.LowestSeen) / BouncePool.SlotSize * 7;

    private static long Held(FailureGroup failure, string device) => failure.Holders.Where(h => h.Device == device).Sum(static h => h.Slots);

    /// <summary>Findings whose cures were tried, and with the first that a pool's size explains, the sizes.</summary>
    private static IEnumerable<TraceFinding> Tried(IEnumerable<TraceFinding> findings, ICureTrials trials)
    {
        bool sized = false;
        foreach (TraceFinding finding in findings)
        {
            TraceFinding tried = Tried(finding, trials);
            if (!sized && IsAboutSize(tried))
            {
                sized = true;
                tried = tried with { Sizes = trials.Sizes() };
            }

            yield return tried;
        }
    }

    private static bool IsAboutSize(TraceFinding finding) =>
        finding is { IsWrong: true, Kind: TraceFindingKind.PoolFull or TraceFindingKind.PoolFragmented or TraceFindingKind.AreasTooSmall }
        && finding.Cures.Any(static c => c.Trials is { } trials && trials.Any(static t => t.Slots is not null)); // not a restricted pool

    /// <summary>A finding whose cures were tried: the first trial that helps counts.</summary>
    private static TraceFinding Tried(TraceFinding finding, ICureTrials trials)
    {
        bool isCost = finding.Kind == TraceFindingKind.Bounces && trials.TriesCosts;
        if (!(finding.IsWrong || isCost) || finding.Cures.All(static c => c.Trials is not { Count: > 0 }))
            return finding;
        var cures = new List<Cure>(finding.Cures.Count);
        foreach (Cure cure in finding.Cures)
        {
            if (cure.Trials is not { Count: > 0 } configurations)
            {
                cures.Add(cure);
                continue;
            }

            IReadOnlyList<ReplayOutcome> outcomes = trials.Run(configurations);
            ReplayOutcome? helpful = outcomes.FirstOrDefault(o => Helps(finding, trials.Baseline, o));
            cures.Add(outcomes.Count == 0 ? cure : cure with { Outcome = helpful ?? outcomes[^1], Before = trials.Baseline, Helps = helpful is not null });
        }

        return finding with { Cures = cures };
    }

    /// <summary>Whether what the finding is about is gone for its devices, or less.</summary>
    private static bool Helps(TraceFinding finding, ReplayOutcome? before, ReplayOutcome outcome)
    {
        if (finding.Kind == TraceFindingKind.Bounces)
            return before is not null && outcome.Bounced < before.Bounced && outcome.Failures <= before.Failures;
        return !outcome.FailuresByCause.Any(f => finding.IsAbout(f.Cause) && finding.Devices.Contains(f.Device));
    }
}
