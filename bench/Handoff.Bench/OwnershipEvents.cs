using System.Diagnostics;
using Handoff.Ownership;

namespace Handoff.Bench;

/// <summary>How many events of a recording an ownership tracker follows: maps, syncs and unmaps of many live buffers.</summary>
internal static class OwnershipEvents
{
    public static (double PerSecond, double AllocatedPerEvent) Measure(int live, bool partialSyncs, long events)
    {
        var tracker = new OwnershipTracker(OwnershipOptions.ForRecordings);
        int device = tracker.AddDevice(new DeviceFacts("dev", Coherent: false));
        ulong[] order = [.. Enumerable.Range(0, live).Select(static i => (ulong)i)];
        new Random(1).Shuffle(order);
        long done = Round(tracker, device, order, partialSyncs);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        for (done = 0; done < events;)
            done += Round(tracker, device, order, partialSyncs);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (tracker.Total != 0 || tracker.Live != 0)
            throw new InvalidOperationException($"{tracker.Total} findings, {tracker.Live} live");
        return (done / seconds, (double)(GC.GetAllocatedBytesForCurrentThread() - before) / done);
    }

    private static long Round(OwnershipTracker tracker, int device, ulong[] order, bool partialSyncs)
    {
        foreach (ulong i in order)
            tracker.Process(MappingEvent.Map(device, new(0x1_0000_0000 + (i << 12)), new(0x1_0000_0000 + (i << 12)), 2048, DmaDirection.FromDevice));
        foreach (ulong i in order)
            tracker.Process(MappingEvent.Sync(true, device, new(0x1_0000_0000 + (i << 12) + (partialSyncs ? 64UL : 0)), partialSyncs ? 512UL : 2048, DmaDirection.FromDevice));
        foreach (ulong i in order)
            tracker.Process(MappingEvent.Unmap(device, new(0x1_0000_0000 + (i << 12)), 2048, DmaDirection.FromDevice));
        return 3L * order.Length;
    }
}
