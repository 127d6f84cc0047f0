using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Findings;

/// <summary>
/// Tells leaks from rings and deep queues. A ring of buffers is filled in one go and stays constant; a queue under load holds young mappings.
/// A leak grows through the whole recording, or until the pool is full, and its mappings are far older than those that end.
/// </summary>
internal static class LeakDetector
{
    private const int FewestMappings = 32; // fewer may be chance
    private const int SureMappings = 256;
    private const int Parts = SurvivorGroup.Parts;
    private const int PartsWithBirths = 6; // of the eight, that a leak must have added to
    private const int StepsOfRestarts = 4;
    private const double OlderThanUsual = 4;

    /// <summary>Nanoseconds: a ring is filled in less, also where that fills the pool.</summary>
    internal const ulong LongestFilling = 1_000_000_000;

    /// <summary>The devices that leak, the worst first.</summary>
    public static IReadOnlyList<LeakSuspect> Find(FindingContext context)
    {
        if (!context.HasUnmaps || context.Analysis.TooManyLive)
            return [];
        var suspects = new List<LeakSuspect>();
        foreach (DeviceStatistics device in context.Statistics.Devices)
        {
            if (device.Live.Current < FewestMappings)
                continue;
            SeriesClock clock = context.Statistics.Clock;
            bool grows = Grows(device, clock, clock.Count);
            ulong? full = grows ? null : FullSince(device, context);
            grows = grows || (full is { } stop && Grows(device, clock, (int)Math.Min((stop - clock.Origin) / clock.Width, (ulong)clock.Count)));
            bool inSteps = !grows && device.Lifetimes.Count >= SureMappings && GrowsInSteps(device, clock);
            ulong last = context.Analysis.End, end = grows && full is not null ? full.Value : last;
            foreach (SurvivorGroup group in context.Analysis.Survivors)
            {
                if (group.Device != device.Name || group.Count < FewestMappings || !IsHeld(group, device, context))
                    continue;
                if (grows && !IsQuick(group, context) && (full is null ? IsSteady(group) : IsSteady(group, end)) && IsOld(group, device, end))
                    suspects.Add(new LeakSuspect(group, Slope(group, end), full is null && group.Count >= SureMappings ? Confidence.Certain : Confidence.Likely));
                else if ((inSteps && IsOld(group, device, last)) || OutlivesItsKind(group, device, last))
                    suspects.Add(new LeakSuspect(group, Slope(group, last), Confidence.Possible));
            }
        }

        return [.. suspects.OrderByDescending(static s => s.Group.Count)];
    }

    /// <summary>Whether a ring may have been filled while the recording lasted: then it grew through all of it.</summary>
    private static bool IsQuick(SurvivorGroup group, FindingContext context) =>
        context.Analysis.Header.TimeIsNanoseconds && group.YoungestTime - group.OldestTime < LongestFilling / 10;

    /// <summary>
    /// Whether mappings were kept again and again, while all others of their direction, and there were more, ended soon. Where a ring is refilled
    /// slowly, what ends in that direction lives as long as what is left.
    /// </summary>
    private static bool OutlivesItsKind(SurvivorGroup group, DeviceStatistics device, ulong end)
    {
        LogHistogram ended = device.LifetimesOf(group.Direction);
        return ended.Count >= Math.Max(2 * FewestMappings, group.Count) && PartsWith(group.Created, group.Count) >= StepsOfRestarts && end - Math.Min(end, group.MedianTime) > OlderThanUsual * ended.Maximum;
    }

    /// <summary>
    /// When a pool that the device holds much of was full first, if that is long after the device's oldest mapping: a leak cannot grow further then.
    /// Not if events were lost, which holders are forgotten with.
    /// </summary>
    private static ulong? FullSince(DeviceStatistics device, FindingContext context)
    {
        if (!context.Analysis.Header.TimeIsNanoseconds || context.Analysis.Gaps > 0)
            return null;
        ulong? full = null;
        foreach (FailureGroup failure in context.Statistics.Failures)
        {
            long held = failure.Holders.Where(h => h.Device == device.Name).Sum(static h => h.Slots);
            if (failure.Kind is MapFailureKind.Full or MapFailureKind.PoolOfUnknownSize or MapFailureKind.Fragmented && held > 0 && held * 4 >= failure.Holders.Sum(static h => h.Slots))
                full = Math.Min(full ?? ulong.MaxValue, failure.FirstTime);
        }

        ulong oldest = context.Analysis.Survivors.Where(g => g.Device == device.Name).Select(static g => g.OldestTime).DefaultIfEmpty(ulong.MaxValue).Min();
        return full is { } time && time > oldest && time - oldest >= LongestFilling ? full : null;
    }

    /// <summary>Whether the fewest live mappings of each eighth of the device's time up to a part go up and up.</summary>
    private static bool Grows(DeviceStatistics device, SeriesClock clock, int end)
    {
        if (Floors(device, clock, end) is not { } floors)
            return false;
        for (int part = 2; part < Parts; part++)
        {
            if (floors[part] <= floors[part - 1])
                return false;
        }

        return true;
    }

    /// <summary>Whether they never go down, and up in several eighths: what a driver leaves behind each time it stops.</summary>
    private static bool GrowsInSteps(DeviceStatistics device, SeriesClock clock)
    {
        if (Floors(device, clock, clock.Count) is not { } floors)
            return false;
        int steps = 0;
        for (int part = 1; part < Parts; part++)
        {
            if (floors[part] < floors[part - 1])
                return false;
            if (floors[part] > floors[part - 1])
                steps++;
        }

        return steps >= StepsOfRestarts;
    }

    /// <summary>The fewest live mappings of each eighth; null if there are not enough parts, or no growth worth the name in the later half.</summary>
    private static long[]? Floors(DeviceStatistics device, SeriesClock clock, int end)
    {
        int first = 0;
        while (first < end && device.Live.HighestIn(first) == 0)
            first++;
        int length = end - first;
        if (length < Parts * 2)
            return null;
        var floors = new long[Parts];
        for (int part = 0; part < Parts; part++)
        {
            floors[part] = long.MaxValue;
            for (int bucket = first + (length * part / Parts); bucket < first + (length * (part + 1) / Parts); bucket++)
                floors[part] = Math.Min(floors[part], device.Live.LowestIn(bucket));
        }

        long growth = floors[^1] - floors[0], late = floors[^1] - floors[Parts / 2];
        return growth < FewestMappings / 2 || late * 4 < growth ? null : floors;
    }

    /// <summary>Whether mappings without an unmap hold anything: slots, or addresses of an IOMMU.</summary>
    public static bool IsHeld(SurvivorGroup group, DeviceStatistics device, FindingContext context) => group.Bounced > 0 || !context.Statistics.MayLackUnmaps(device);

    private static bool IsSteady(SurvivorGroup group) => PartsWith(group.Created, group.Count) >= PartsWithBirths;

    /// <summary>In how many parts at least an eighth was made of what even growth would give.</summary>
    private static int PartsWith(ReadOnlySpan<long> created, long count)
    {
        int parts = 0;
        foreach (long born in created)
        {
            if (born * Parts * 8 >= count)
                parts++;
        }

        return parts;
    }

    /// <summary>The same up to some time, by the mappings whose times are kept.</summary>
    private static bool IsSteady(SurvivorGroup group, ulong end)
    {
        ulong length = Math.Max(end - Math.Min(end, group.OldestTime), 1);
        var born = new int[Parts];
        int before = 0;
        foreach (ulong time in group.SampledTimes)
        {
            if (time >= end)
                break;
            before++;
            born[(int)Math.Min((time - group.OldestTime) * Parts / length, Parts - 1)]++;
        }

        return before * 4 >= group.SampledTimes.Count * 3 && born.Count(b => b * Parts * 4 >= before) >= PartsWithBirths;
    }

    private static bool IsOld(SurvivorGroup group, DeviceStatistics device, ulong end) =>
        device.Lifetimes.Count == 0 || end - Math.Min(end, group.MedianTime) > OlderThanUsual * device.Lifetimes.Quantile(0.99);

    private static double Slope(SurvivorGroup group, ulong end)
    {
        ulong last = Math.Min(group.YoungestTime, end);
        return last > group.OldestTime ? (group.Count - 1) * 1e9 / (last - group.OldestTime) : 0;
    }
}
