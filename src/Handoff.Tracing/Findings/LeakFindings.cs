using Handoff.Ownership;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Findings;

/// <summary>Findings about mappings that are never released.</summary>
internal static class LeakFindings
{
    private const long MostStranded = 4;
    private const long FewestEnded = 20;
    private const ulong StrandedAge = 8; // times the longest life of a mapping that ended

    /// <summary>A leak, with the pool failures it led to.</summary>
    public static TraceFinding Leak(FindingContext context, LeakSuspect suspect, IReadOnlyList<FailureGroup> failures)
    {
        SurvivorGroup group = suspect.Group;
        DeviceStatistics device = context.DeviceOf(group.Device)!;
        bool full = failures.Count > 0;
        long failed = failures.Sum(static f => f.Count);
        string label = context.Label(group.Device);
        ulong end = context.Analysis.End;
        var why = new List<string>();
        if (full)
            why.Add($"{Words.Count(failed, "map")} failed, the first {Words.Time(context.Since(failures.Min(static f => f.FirstTime)))} after the start: {FindingContext.PoolName(failures[0].Pool!)} had run full. {Shares(context, failures)}");
        why.Add(
            $"{Words.Count(group.Count, "mapping")} ({Words.Direction(group.Direction)}, {SizeClass.Name(group.SizeClass)}) made since {Words.Time(context.Since(group.OldestTime))} after the start were never released, {suspect.PerSecond:0.#} more each second.");
        LogHistogram alike = device.LifetimesOf(group.Direction);
        why.Add(alike.Count > 0
            ? $"Half of them are older than {Words.Time(end - group.MedianTime)}; the device's {Words.Count(alike.Count, "other mapping")} {Words.Direction(group.Direction)} ended within {Words.Time(alike.Maximum)}."
            : $"No mapping {Words.Direction(group.Direction)} of the device was released at all.");
        if (!full && group.Bounced > 0 && PoolOf(context) is { Slots: > 0 } pool && suspect.PerSecond > 0)
        {
            double slots = (double)device.Slots.Current / Math.Max(device.Live.Current, 1);
            double left = (pool.Slots - pool.Used.Current) / (suspect.PerSecond * Math.Max(slots, 1));
            why.Add($"{FindingContext.PoolName(pool)} will be full in about {Words.Time((ulong)(left * 1e9))} at this rate.");
        }

        return new TraceFinding
        {
            Kind = full ? TraceFindingKind.PoolLeak : TraceFindingKind.Leak,
            Id = full ? "pool-leak" : "leak",
            Severity = suspect.Confidence == Confidence.Possible ? FindingSeverity.Warning : FindingSeverity.Error,
            Confidence = suspect.Confidence,
            Title = full ? $"{label} leaks mappings until the bounce pool is full" : suspect.Confidence == Confidence.Possible ? $"{label} holds more mappings from time to time" : $"{label} leaks mappings",
            Devices = [group.Device, .. failures.Select(static f => f.Device).Where(d => d != group.Device).Distinct()],
            Why = why,
            Cures =
            [
                new Cure("Find the path on which the driver forgets dma_unmap_*(): error paths, teardown, a branch compiled out. A larger pool only delays the failure."),
            ],
            Evidence = [Oldest(context, group)],
            Count = group.Count,
            FirstTime = group.OldestTime,
            LastTime = group.YoungestTime,
        };
    }

    /// <summary>Single mappings that outlived all others of their device by far.</summary>
    public static IEnumerable<TraceFinding> Stranded(FindingContext context, IReadOnlyList<LeakSuspect> leaks)
    {
        if (!context.HasUnmaps)
            yield break;
        ulong end = context.Analysis.End;
        foreach (SurvivorGroup group in context.Analysis.Survivors)
        {
            DeviceStatistics device = context.DeviceOf(group.Device)!;
            if (!LeakDetector.IsHeld(group, device, context) || group.Count > MostStranded || device.Live.Current > MostStranded || device.Lifetimes.Count < FewestEnded || leaks.Any(leak => leak.Group.Device == group.Device) || context.Analysis.Forgotten.Any(f => f.Device == group.Device))
                continue;
            ulong longest = Math.Max(device.Lifetimes.Maximum, 1_000_000);
            if (end - group.YoungestTime < StrandedAge * longest)
                continue;
            yield return new TraceFinding
            {
                Kind = TraceFindingKind.Stranded,
                Id = "stranded",
                Severity = FindingSeverity.Warning,
                Confidence = Confidence.Possible,
                Title = $"{context.Label(group.Device)} never released {Words.Count(group.Count, "mapping")}",
                Devices = [group.Device],
                Why =
                [
                    $"Live for {Words.Time(end - group.OldestTime)} when the recording ends; the device's {Words.Count(device.Lifetimes.Count, "other mapping")} ended within {Words.Time(device.Lifetimes.Maximum)}. A driver may keep one on purpose.",
                ],
                Cures = [new Cure("Look for the path on which it is not unmapped, unless it is meant to stay.")],
                Evidence = [Oldest(context, group)],
                Count = group.Count,
                FirstTime = group.OldestTime,
                LastTime = group.YoungestTime,
            };
        }
    }

    /// <summary>Mappings whose memory went on to others: whoever gave it away believed them to be released.</summary>
    public static IEnumerable<TraceFinding> Reused(FindingContext context, IReadOnlyList<LeakSuspect> leaks)
    {
        if (context.Analysis.Counts.Count(DmaEventKind.UnmapPage) == 0)
            yield break;
        foreach (ForgottenMappings forgotten in context.Analysis.Forgotten)
        {
            DeviceStatistics device = context.DeviceOf(forgotten.Device)!;
            if (leaks.Any(leak => leak.Group.Device == forgotten.Device) || context.Statistics.MayLackUnmaps(device))
                continue;
            LiveMapping first = forgotten.First;
            string again = forgotten.FirstReuse.Device == forgotten.Device ? "again" : $"for {forgotten.FirstReuse.Device}";
            bool usual = device.Lifetimes.Count >= Math.Max(forgotten.Count, FewestEnded); // a recorder that leaves out unmaps leaves out more
            yield return new TraceFinding
            {
                Kind = TraceFindingKind.Stranded,
                Id = "stranded",
                Severity = FindingSeverity.Warning,
                Confidence = usual ? Confidence.Likely : Confidence.Possible,
                Title = $"{context.Label(forgotten.Device)} never released {Words.Count(forgotten.Count, "mapping")} whose memory was mapped again",
                Devices = [forgotten.Device],
                Why =
                [
                    $"The memory was given away, and a device writes it for somebody else, while {(forgotten.Count == 1 ? "it is" : "they are")} still mapped. What bounces or is translated stays occupied, and a late transfer lands in memory of others.",
                ],
                Cures = [new Cure("Look for the path that frees the memory without dma_unmap_*().")],
                Evidence = [$"{context.At((ulong)first.Time)}: {first.Address}+{first.Size} {Words.Direction(first.Direction)}, never released; mapped {again} at {context.At((ulong)forgotten.FirstReuse.Time)}"],
                Count = forgotten.Count,
                FirstTime = (ulong)first.Time,
                LastTime = (ulong)forgotten.LastTime,
            };
        }
    }

    private static string Oldest(FindingContext context, SurvivorGroup group) =>
        $"{context.At(group.OldestTime)}: {(group.Count > 1 ? "the oldest, " : "")}{group.OldestAddress}+{group.OldestSize} {Words.Direction(group.Direction)}{(group.OldestTask.Length > 0 ? $"; {group.OldestTask} ran" : "")}";

    private static string Shares(FindingContext context, IReadOnlyList<FailureGroup> failures)
    {
        FailureGroup first = failures.MinBy(static f => f.FirstTime)!;
        return first.Holders.Count == 0 ? "" : $"Then {Words.List([.. first.Holders.Select(h => $"{context.Label(h.Device)} held {Words.Count(h.Slots, "slot")}")])}.";
    }

    private static BouncePool? PoolOf(FindingContext context) => context.Statistics.Pools.FirstOrDefault(static p => !p.IsRestricted && p.Slots > 0);
}
