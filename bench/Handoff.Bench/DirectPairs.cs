using System.Diagnostics;
using Handoff.Kernels;

namespace Handoff.Bench;

/// <summary>Map + unmap pairs of a device that reaches the buffer: no copy, only the decision.</summary>
internal static class DirectPairs
{
    public static (double NsPerPair, double AllocatedPerPair) Measure(bool coherent, long pairs)
    {
        var layer = new DmaLayer<CountingMemory>(new Machine(), new KernelProfile("linux-6.12", new KernelSwitches(), ""), default);
        var device = new Device("bench") { DmaMask = ulong.MaxValue, Coherent = coherent };
        Run(layer, device, Math.Min(pairs, 200_000));
        return Run(layer, device, pairs);
    }

    private static (double NsPerPair, double AllocatedPerPair) Run(DmaLayer<CountingMemory> layer, Device device, long pairs)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();
        for (long i = 0; i < pairs; i++)
        {
            DmaAddress mapping = layer.MapPhys(device, new(0x1_0000_0000UL + ((ulong)i & 63) * 2048), 2048, DmaDirection.FromDevice);
            layer.UnmapPhys(device, mapping, 2048, DmaDirection.FromDevice);
        }

        double elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return (elapsed / pairs * 1e9, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)pairs);
    }
}
