using Handoff.Ownership;
using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Findings;

/// <summary>Groups what is still mapped at the end of a recording.</summary>
internal static class Survivors
{
    private const int MostTimes = 1 << 20; // kept for the median of a group

    /// <summary>All streaming mappings that are certainly live, by device, direction and size class; the largest group first.</summary>
    public static IReadOnlyList<SurvivorGroup> Find(OwnershipTracker tracker, Recordings.NameTable tasks, ulong start, ulong end)
    {
        var groups = new Dictionary<(int, DmaDirection, int), (SurvivorGroup Group, List<ulong> Times)>();
        ulong length = Math.Max(end - Math.Min(start, end), 1);
        foreach (LiveMapping mapping in tracker.LiveMappings())
        {
            if (mapping.Mapping is not (MappingKind.Single or MappingKind.Sg) || MappingFollower.IsDoubtful(mapping.Tag))
                continue;
            var key = (mapping.Device, mapping.Direction, SizeClass.Of(mapping.Size));
            if (!groups.TryGetValue(key, out (SurvivorGroup Group, List<ulong> Times) each))
                groups.Add(key, each = (new SurvivorGroup(tracker.Devices[mapping.Device].Name, mapping.Direction, key.Item3), []));
            SurvivorGroup group = each.Group;
            ulong time = (ulong)mapping.Time;
            group.Count++;
            group.Bytes += mapping.Size;
            if (mapping.Bounced)
                group.Bounced++;
            group.CountPart((int)((time - Math.Min(start, time)) / ((length / SurvivorGroup.Parts) + 1)));
            if (each.Times.Count < MostTimes)
                each.Times.Add(time);
            group.YoungestTime = Math.Max(group.YoungestTime, time);
            if (time >= group.OldestTime)
                continue;
            group.OldestTime = time;
            group.OldestAddress = mapping.Address;
            group.OldestSize = mapping.Size;
            group.OldestTask = tasks[MappingFollower.TaskOf(mapping.Tag)];
        }

        foreach ((SurvivorGroup group, List<ulong> times) in groups.Values)
        {
            times.Sort();
            group.MedianTime = times[times.Count / 2];
            int kept = Math.Min(times.Count, SurvivorGroup.Samples);
            group.SampledTimes = [.. Enumerable.Range(0, kept).Select(i => times[(int)((long)i * times.Count / kept)])];
        }

        return [.. groups.Values.Select(static each => each.Group).OrderByDescending(static g => g.Count).ThenBy(static g => g.Device, StringComparer.Ordinal)];
    }
}
