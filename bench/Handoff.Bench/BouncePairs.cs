using System.Diagnostics;
using Handoff.Kernels;

namespace Handoff.Bench;

/// <summary>
/// Bounced BIDIRECTIONAL map + unmap pairs on real memory: a ring of live mappings, buffers of 64 times the size cycled,
/// 64-byte aligned, one CPU (and area) a thread. The same loop as the kernel's yardstick.
/// </summary>
internal static class BouncePairs
{
    public static readonly int[] Sizes = [64, 512, 2048, 4096, 16384, 65536, 262144];
    private const ulong PoolStart = 0x1000_0000, Buffers = 0x2000_0000;

    public readonly record struct Result(double NsPerPair, long Pairs, double Seconds, double AllocatedPerPair, double[] NsOfThreads);

    /// <summary>Whether the yardstick measures this combination (a quarter of the pool at most stays mapped).</summary>
    public static bool Applies(int threads, int depth, int size) => (long)depth * size * threads <= 24 << 20;

    /// <summary>Measures one combination; with <paramref name="apart"/> each thread has a pool of its own.</summary>
    public static Result Measure(int threads, int depth, int size, long pairs, bool apart = false)
    {
        RealMemory memory = RealMemory.Reserve(new(PoolStart), 0x2000_0000);
        try
        {
            memory.Bytes(new(Buffers), 0x1000_0000).Fill(7);
            var machine = new Machine
            {
                Architecture = Architecture.X86_64,
                Ram = RamMap.Usual(Architecture.X86_64, 8UL << 30),
                Cpus = 2,
                SwiotlbStart = new(PoolStart),
            };
            var kernel = new KernelProfile("linux-6.12", new KernelSwitches(), "");
            var shared = new DmaLayer<RealMemory>(machine, kernel, memory);
            var seconds = new double[threads];
            var allocated = new double[threads];
            using var start = new Barrier(threads);
            Thread[] workers = [.. Enumerable.Range(0, threads).Select(cpu => new Thread(() =>
            {
                CurrentCpu.Id = cpu;
                DmaLayer<RealMemory> layer = apart ? new(machine with { SwiotlbStart = new(PoolStart + ((ulong)cpu << 26)) }, kernel, memory) : shared;
                for (int warm = 0; warm < 3; warm++)
                {
                    Run(layer, cpu, depth, (ulong)size, Math.Min(pairs, 50_000));
                    Thread.Sleep(50); // lets the compiler's background thread finish the optimised code
                }

                start.SignalAndWait();
                (seconds[cpu], allocated[cpu]) = Run(layer, cpu, depth, (ulong)size, pairs);
            }))];
            foreach (Thread worker in workers)
                worker.Start();
            foreach (Thread worker in workers)
                worker.Join();
            double worst = seconds.Max();
            return new(worst / pairs * 1e9, threads * pairs, worst, allocated.Sum() / (threads * pairs), [.. seconds.Select(s => s / pairs * 1e9)]);
        }
        finally
        {
            memory.Free();
        }
    }

    private static (double Seconds, double Allocated) Run(DmaLayer<RealMemory> layer, int cpu, int depth, ulong size, long pairs)
    {
        var device = new Device($"bench{cpu}") { Coherent = true };
        var ring = new DmaAddress[depth];
        Array.Fill(ring, DmaAddress.MappingError);
        ulong buffers = Buffers + ((ulong)cpu << 26);
        ulong step = (size + 64) & ~63UL;
        long before = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();
        int at = 0;
        for (long i = 0; i < pairs; i++)
        {
            ref DmaAddress mapping = ref ring[at];
            if (++at == ring.Length)
                at = 0;
            if (mapping.IsMapped)
                layer.SwiotlbUnmap(device, new(mapping.Value), size, DmaDirection.Bidirectional);
            mapping = new(layer.SwiotlbMap(device, new(buffers + (((ulong)i & 63) * step)), size, 0, DmaDirection.Bidirectional).Value);
            if (!mapping.IsMapped)
                throw new InvalidOperationException("the pool is full");
        }

        double elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long after = GC.GetAllocatedBytesForCurrentThread();
        foreach (DmaAddress mapping in ring)
        {
            if (mapping.IsMapped)
                layer.SwiotlbUnmap(device, new(mapping.Value), size, DmaDirection.Bidirectional);
        }

        return (elapsed, after - before);
    }
}
