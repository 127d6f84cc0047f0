using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Findings;

/// <summary>
/// Tells leaks from rings and deep queues. A ring of buffers is filled in one go and stays constant; a queue under load holds young mappings.
/// A leak grows through the whole recording, and its mappings are far older than those that end.
/// </summary>
internal static class LeakDetector
{
    private const int FewestMappings = 32; // fewer may be chance
    private const int SureMappings = 256;
    private const int Parts = SurvivorGroup.Parts;
    private const int PartsWithBirths = 6; // of the eight, that a leak must have added to
    private const double OlderThanUsual = 4;

    /// <summary>The devices that leak, the worst first.</summary>
    public static IReadOnlyList<LeakSuspect> Find(FindingContext context)
    {
        if (!context.HasUnmaps || context.Analysis.TooManyLive)
            return [];
        var suspects = new List<LeakSuspect>();
        foreach (DeviceStatistics device in context.Statistics.Devices)
        {
            if (device.Live.Current < FewestMappings || !Grows(device, context.Statistics.Clock))
                continue;
            foreach (SurvivorGroup group in context.Analysis.Survivors)
            {
                if (group.Device == device.Name && IsHeld(group, device, context) && IsSteady(group) && IsOld(group, device, context.Analysis.End))
                    suspects.Add(new LeakSuspect(group, Slope(group), group.Count >= SureMappings));
            }
        }

        return [.. suspects.OrderByDescending(static s => s.Group.Count)];
    }

    /// <summary>Whether the fewest live mappings of each eighth of the device's time go up and up.</summary>
    private static bool Grows(DeviceStatistics device, SeriesClock clock)
    {
        int first = 0;
        while (first < clock.Count && device.Live.HighestIn(first) == 0)
            first++;
        int length = clock.Count - first;
        if (length < Parts * 2)
            return false;
        var floors = new long[Parts];
        for (int part = 0; part < Parts; part++)
        {
            floors[part] = long.MaxValue;
            for (int bucket = first + (length * part / Parts); bucket < first + (length * (part + 1) / Parts); bucket++)
                floors[part] = Math.Min(floors[part], device.Live.LowestIn(bucket));
        }

        long growth = floors[^1] - floors[0], late = floors[^1] - floors[Parts / 2];
        if (growth < FewestMappings / 2 || late * 4 < growth)
            return false;
        for (int part = 2; part < Parts; part++)
        {
            if (floors[part] <= floors[part - 1])
                return false;
        }

        return true;
    }

    /// <summary>Whether mappings without an unmap hold anything: slots, or addresses of an IOMMU.</summary>
    public static bool IsHeld(SurvivorGroup group, DeviceStatistics device, FindingContext context) => group.Bounced > 0 || !context.Statistics.MayLackUnmaps(device);

    private static bool IsSteady(SurvivorGroup group)
    {
        if (group.Count < FewestMappings)
            return false;
        int parts = 0;
        foreach (long born in group.Created)
        {
            if (born * Parts * 8 >= group.Count) // an eighth of what even growth would give
                parts++;
        }

        return parts >= PartsWithBirths;
    }

    private static bool IsOld(SurvivorGroup group, DeviceStatistics device, ulong end) =>
        device.Lifetimes.Count == 0 || end - Math.Min(end, group.MedianTime) > OlderThanUsual * device.Lifetimes.Quantile(0.99);

    private static double Slope(SurvivorGroup group) =>
        group.YoungestTime > group.OldestTime ? (group.Count - 1) * 1e9 / (group.YoungestTime - group.OldestTime) : 0;
}
