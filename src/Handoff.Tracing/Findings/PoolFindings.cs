using Handoff.Ownership;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Findings;

/// <summary>Findings about pools that are too small for their load, or in the wrong shape.</summary>
internal static class PoolFindings
{
    private const int LargestPool = 524288; // slots: 1 GiB, more than any kernel makes by itself

    /// <summary>Fewer slots were free than requests needed, and nobody leaks.</summary>
    public static TraceFinding Full(FindingContext context, BouncePool? pool, IReadOnlyList<FailureGroup> failures)
    {
        long failed = failures.Sum(static f => f.Count);
        FailureGroup first = failures.MinBy(static f => f.FirstTime)!;
        string[] devices = [.. failures.OrderByDescending(static f => f.Count).Select(static f => f.Device).Distinct()];
        string name = pool is null ? "the bounce pool" : FindingContext.PoolName(pool);
        ulong smallest = failures.Min(static f => f.SmallestSize), largest = failures.Max(static f => f.LargestSize);
        string size = pool is null ? "" : FindingContext.PoolSize(pool);
        var why = new List<string>
        {
            $"{(devices.Length == 1 ? context.Label(devices[0]) : Words.List([.. devices.Select(context.Label)]))} asked for {Words.Sizes(smallest, largest)}; "
                + (size.Length > 0 ? $"{name} has {size}, {Words.Number(first.First.Used)} of them in use at the first failure." : $"{Words.Count(first.First.Used, "slot")} {(first.First.Used == 1 ? "was" : "were")} in use at the first failure, and never more than {Words.Number(Math.Max(first.MostUsed, pool?.Used.Peak ?? 0))}."),
            Holders(context, first),
        };
        if (pool is not { Slots: > 0 })
            why.Add("The pool's size is not recorded, it is inferred from this: dmesg says it (“software IO TLB: mapped”), or /sys/kernel/debug/swiotlb/io_tlb_nslabs; handoff record keeps both.");
        why.Add(context.HasUnmaps ? WhatBecameOfThem(context, first) : "Unmaps were not recorded: slots that are never given back, a leak, would look the same.");
        why.Add(Forced(context, failures));
        return new TraceFinding
        {
            Kind = TraceFindingKind.PoolFull,
            Id = "pool-full",
            Severity = FindingSeverity.Error,
            Confidence = pool is { Slots: > 0 } && context.Analysis.Gaps == 0 && context.HasUnmaps && !IsFillingSlowly(context, first) ? Confidence.Certain : Confidence.Likely, // or it may be a leak
            Title = $"{Words.Count(failed, "mapping")} failed: {name} is too small for {(devices.Length == 1 ? "its load" : Words.Count(devices.Length, "device"))}",
            Devices = devices,
            Why = [.. why.Where(static w => w.Length > 0)],
            Cures = [.. SizeCures(context, pool), .. ForceCures(context, failures)],
            Evidence = [.. failures.Select(f => Line(context, f))],
            Count = failed,
            FirstTime = failures.Min(static f => f.FirstTime),
            LastTime = failures.Max(static f => f.LastTime),
        };
    }

    /// <summary>Slots enough, but no run of them.</summary>
    public static TraceFinding Fragmented(FindingContext context, FailureGroup failure)
    {
        string label = context.Label(failure.Device);
        BouncePool pool = failure.Pool!;
        return new TraceFinding
        {
            Kind = TraceFindingKind.PoolFragmented,
            Id = "pool-fragmented",
            Severity = FindingSeverity.Error,
            Confidence = failure.Lists == failure.Count ? Confidence.Likely : Confidence.Certain,
            Title = $"{Words.Count(failure.Count, "mapping")} of {label} failed: slots were free, but no run of them was long enough",
            Devices = [failure.Device],
            Why =
            [
                failure.MostSlots > failure.First.Slots
                    ? $"The first needed {Scattered(pool, failure.First)}. Another needed {Scattered(pool, failure.Longest)}."
                    : $"It needed {Scattered(pool, failure.First)}.",
                Holders(context, failure),
                Forced(context, [failure]),
            ],
            Cures =
            [
                .. SizeCures(context, pool),
                .. ForceCures(context, [failure]),
                new Cure("Ask for less at a time: a list of pages needs only short runs."),
            ],
            Evidence = [Line(context, failure)],
            Count = failure.Count,
            FirstTime = failure.FirstTime,
            LastTime = failure.LastTime,
        };
    }

    /// <summary>Slots enough, but in several areas.</summary>
    public static TraceFinding AreasTooSmall(FindingContext context, FailureGroup failure)
    {
        BouncePool pool = failure.Pool!;
        int areas = Math.Max(pool.Areas, 1);
        var trials = new List<ReplayConfiguration>();
        for (int fewer = areas / 2; fewer >= 1; fewer /= 2)
            trials.Add(new ReplayConfiguration { Areas = fewer });
        int best = Math.Max(areas / 2, 1);
        return new TraceFinding
        {
            Kind = TraceFindingKind.AreasTooSmall,
            Id = "areas-too-small",
            Severity = FindingSeverity.Error,
            Confidence = failure.Lists == failure.Count ? Confidence.Likely : Confidence.Certain,
            Title = $"{Words.Count(failure.Count, "mapping")} of {context.Label(failure.Device)} failed: free slots lie scattered over {Words.Count(areas, "area")}",
            Devices = [failure.Device],
            Why =
            [
                $"It needed {Words.Count(failure.First.Slots, "slot")}; {Words.Number(pool.Slots - failure.First.Used)} of {Words.Number(pool.Slots)} were free, but at most {Words.Number(failure.First.FreeInBestArea)} in one area of {Words.Number(pool.Slots / areas)}. A request must fit into one area.",
                Holders(context, failure),
                Forced(context, [failure]),
            ],
            Cures =
            [
                new Cure($"Fewer areas, each of them larger: {Words.Count(best, "area")}.", $"swiotlb={pool.Slots},{best}{ForceSuffix(context)}", trials),
                .. SizeCures(context, pool),
            ],
            Evidence = [Line(context, failure)],
            Count = failure.Count,
            FirstTime = failure.FirstTime,
            LastTime = failure.LastTime,
        };
    }

    /// <summary>A pool that grows on demand did not.</summary>
    public static TraceFinding CannotGrow(FindingContext context, FailureGroup failure) => new()
    {
        Kind = TraceFindingKind.PoolCannotGrow,
        Id = "pool-cannot-grow",
        Severity = FindingSeverity.Error,
        Confidence = Confidence.Likely,
        Title = $"{Words.Count(failure.Count, "mapping")} of {context.Label(failure.Device)} failed although the pool grows on demand",
        Devices = [failure.Device],
        Why =
        [
            $"It asked for {Words.Sizes(failure.SmallestSize, failure.LargestSize)} with {Words.Count(failure.MostUsed, "slot")} in use. A pool made at the moment of need must come from free contiguous memory that the device reaches, without waiting; growth itself follows later.",
            Holders(context, failure),
        ],
        Cures = [.. SizeCures(context, failure.Pool)],
        Evidence = [Line(context, failure)],
        Count = failure.Count,
        FirstTime = failure.FirstTime,
        LastTime = failure.LastTime,
    };

    /// <summary>One line about a group of failures.</summary>
    public static string Line(FindingContext context, FailureGroup failure)
    {
        string when = failure.Count == 1 ? context.At(failure.FirstTime) : $"{context.At(failure.FirstTime)} to {context.At(failure.LastTime)}";
        string task = context.Analysis.TaskName(failure.FirstTask);
        string lists = failure.Lists == 0 ? "" : failure.Lists == failure.Count ? ", lists" : $", {Words.Count(failure.Lists, "list")} among them";
        return $"{when}: {failure.Device} {Words.Number(failure.Count)} × {Words.Sizes(failure.SmallestSize, failure.LargestSize)}{lists}{(task.Length > 0 ? $"; {task} ran" : "")}";
    }

    /// <summary>The end of a <c>swiotlb=</c> that keeps force where it was.</summary>
    public static string ForceSuffix(FindingContext context) => context.PoolParameter.EndsWith("force", StringComparison.Ordinal) && !context.PoolParameter.EndsWith("noforce", StringComparison.Ordinal) ? ",force" : "";

    private static string Scattered(BouncePool pool, in FailureMoment moment) =>
        $"{Words.Count(moment.Slots, "slot")} in a row for {Words.Size(moment.Size)}, while {Words.Number(pool.Slots - moment.Used)} of {Words.Number(pool.Slots)} were free{(moment.Run < 0 ? ", scattered" : $" and the longest usable run was {Words.Number(moment.Run)}")}";

    private static string Holders(FindingContext context, FailureGroup failure)
    {
        if (failure.Holders.Count == 0)
            return "";
        string[] each = [.. failure.Holders.Select(h => $"{context.Label(h.Device)} {Words.Number(h.Slots)}")];
        return $"Slots held then: {Words.List(each, 5)}.";
    }

    /// <summary>
    /// What became of the slots held at the failure: devices that hold at the end what they held then keep it for good, as receive rings do; others released it.
    /// Nothing is said where unmaps were not recorded, or events were lost.
    /// </summary>
    private static string WhatBecameOfThem(FindingContext context, FailureGroup failure)
    {
        const ulong longEnough = 1_000_000_000; // nanoseconds after which what is still held is held for good
        if (failure.Holders.Count == 0 || !context.HasUnmaps || context.Analysis.Gaps > 0 || context.Analysis.TooManyLive)
            return "";
        var kept = new List<string>();
        var released = new List<string>();
        ulong youngest = 0;
        foreach (SlotHolder holder in failure.Holders)
        {
            List<SurvivorGroup> left = [.. context.Analysis.Survivors.Where(g => g.Device == holder.Device && g.OldestTime <= failure.FirstTime)];
            long old = left.Sum(static g => g.Bounced);
            if (old * 2 > holder.Mappings)
                youngest = Math.Max(youngest, left.Min(static g => g.OldestTime));
            (old * 2 > holder.Mappings && holder.Mappings > 0 ? kept : released).Add(context.Label(holder.Device));
        }

        if (kept.Count == 0)
            return "Not a leak: those mappings were released later.";
        string others = released.Count == 0 ? "" : $"{Words.List(released, 3)} released {(released.Count == 1 ? "its" : "their")} mappings later; ";
        if (context.Analysis.Header.TimeIsNanoseconds && context.Analysis.End - youngest < longEnough)
            return $"{others}{Words.List(kept)} still {(kept.Count == 1 ? "holds" : "hold")} slots when the recording ends, {Words.Time(context.Analysis.End - failure.FirstTime)} after the failure: whether for good is not seen.";
        if (IsFillingSlowly(context, failure))
            return $"{others}{Words.List(kept)} {(kept.Count == 1 ? "holds its" : "hold their")} buffers for good, and came by more and more of them until then: a leak, or a load that grew.";
        return $"Not a leak: {others}{Words.List(kept)} {(kept.Count == 1 ? "holds its" : "hold their")} buffers for good, as receive rings do, in constant number.";
    }

    /// <summary>Whether some holder's mappings became many more in the second half of its time before the failure. A ring is filled in one go.</summary>
    private static bool IsFillingSlowly(FindingContext context, FailureGroup failure)
    {
        const int fewestParts = 4; // of the recording's time; in fewer everything looks like one go
        SeriesClock clock = context.Statistics.Clock;
        int end = (int)Math.Min((failure.FirstTime - Math.Min(failure.FirstTime, clock.Origin)) / clock.Width, (ulong)clock.Count);
        foreach (SlotHolder holder in failure.Holders)
        {
            if (context.DeviceOf(holder.Device) is not { } device || context.Analysis.Survivors.Where(g => g.Device == holder.Device && g.OldestTime <= failure.FirstTime).Sum(static g => g.Bounced) * 2 <= holder.Mappings)
                continue;
            int first = 0;
            while (first < end && device.Live.HighestIn(first) == 0)
                first++;
            if (end - first >= fewestParts && context.Analysis.Header.TimeIsNanoseconds && failure.FirstTime - clock.StartOf(first) >= LeakDetector.LongestFilling && device.Live.HighestIn((first + end) / 2) * 4 < device.Live.HighestIn(end) * 3)
                return true;
        }

        return false;
    }

    private static string Forced(FindingContext context, IReadOnlyList<FailureGroup> failures)
    {
        long forced = failures.Sum(static f => f.Forced);
        if (forced == 0 || failures.Any(static f => f.Pool is { IsRestricted: true }))
            return "";
        string by = context.Facts is { IsEncryptedGuest: true } ? "the guest's memory is encrypted" : ForceSuffix(context).Length > 0 ? $"of swiotlb={context.PoolParameter}" : "bouncing is forced";
        return $"All mappings bounce, reachable or not, because {by}.";
    }

    /// <summary>Larger pools to try.</summary>
    public static IEnumerable<Cure> SizeCures(FindingContext context, BouncePool? pool)
    {
        if (pool is { IsRestricted: true })
        {
            yield return new Cure($"Make the region {pool.Name} larger in the device tree (restricted-dma-pool).");
            yield break;
        }

        int now = pool is { Slots: > 0 } ? pool.Slots : RoundUp((int)Math.Min(pool?.Used.Peak ?? 0, LargestPool));
        var trials = new List<ReplayConfiguration>();
        for (int slots = Math.Max(now, 512) * 2; slots <= LargestPool && trials.Count < 6; slots *= 2)
            trials.Add(new ReplayConfiguration { Slots = (uint)slots });
        if (trials.Count == 0)
        {
            yield return new Cure("The pool is as large as kernels make it: spread the load over time, use fewer or shorter buffers.");
            yield break;
        }

        uint first = trials[0].Slots!.Value;
        yield return new Cure($"A larger pool, {Words.Bytes((double)first * BouncePool.SlotSize)} to begin with.", $"swiotlb={first}{ForceSuffix(context)}", trials);
        if (!context.Statistics.PoolsGrow && context.Facts is not null)
            yield return new Cure("A kernel with CONFIG_SWIOTLB_DYNAMIC makes further pools on demand; this one does not.");
    }

    private static IEnumerable<Cure> ForceCures(FindingContext context, IReadOnlyList<FailureGroup> failures)
    {
        if (ForceSuffix(context).Length > 0 && failures.Any(static f => f.Forced > 0) && context.Facts is not { IsEncryptedGuest: true })
            yield return new Cure("Do not force: only what devices cannot reach bounces then.", WithoutForce(context.PoolParameter), [new ReplayConfiguration { Bounce = BounceMode.WhenNeeded }]);
    }

    private static string WithoutForce(string parameter)
    {
        string rest = parameter[..^"force".Length].TrimEnd(',');
        return rest.Length == 0 ? "(no swiotlb=)" : $"swiotlb={rest}";
    }

    private static int RoundUp(int slots) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(slots, 512));
}
