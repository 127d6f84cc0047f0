using Handoff.Kernels;

namespace Handoff.Core.Tests.Swiotlb;

/// <summary>Several threads map and unmap at once: no slot is lost, none is handed out twice, every history has a legal order.</summary>
public sealed class ParallelTests
{
    private static readonly KernelProfile Linux612 = new("linux-6.12", new KernelSwitches(), "");

    [Theory]
    [InlineData(1024, 1)]
    [InlineData(1024, 4)]
    [InlineData(384, 2)]
    public void NoSlotIsLostOrHandedOutTwice(int slots, int areas)
    {
        const int threads = 4, rounds = 20_000;
        const ulong start = 0x1000_0000;
        var layer = Layer(start, slots, areas);
        int[] owner = new int[slots];
        long failures = 0;
        string? broken = null;
        Thread[] workers = [.. Enumerable.Range(1, threads).Select(id => new Thread(() =>
        {
            CurrentCpu.Id = id;
            var random = new Random(id);
            var device = new Device($"dev{id}") { Coherent = true };
            var live = new List<(ulong Address, ulong Size)>();
            for (int i = 0; i < rounds && broken is null; i++)
            {
                if (live.Count > 0 && random.Next(2) == 0)
                {
                    int which = random.Next(live.Count);
                    (ulong address, ulong size) = live[which];
                    live.RemoveAt(which);
                    Claim(address, size, id, 0);
                    layer.SwiotlbUnmap(device, new(address), size, DmaDirection.Bidirectional);
                }
                else
                {
                    ulong size = 1 + (ulong)random.Next(20_000);
                    PhysicalAddress got = layer.SwiotlbMap(device, new(1UL << 32), size, 0, DmaDirection.Bidirectional, DmaAttributes.NoWarn);
                    if (!got.IsValid)
                    {
                        Interlocked.Increment(ref failures);
                        continue;
                    }

                    Claim(got.Value, size, 0, id);
                    live.Add((got.Value, size));
                }
            }

            foreach ((ulong address, ulong size) in live)
            {
                Claim(address, size, id, 0);
                layer.SwiotlbUnmap(device, new(address), size, DmaDirection.Bidirectional);
            }
        }))];
        foreach (Thread worker in workers)
            worker.Start();
        foreach (Thread worker in workers)
            worker.Join();

        Assert.Null(broken);
        Assert.Equal(0, layer.Swiotlb!.Used);
        Assert.InRange(layer.Swiotlb.HighWater, 1, slots);
        Assert.All(Enumerable.Range(0, slots), s => Assert.True(layer.Swiotlb.DefaultPool.IsSlotFree(s)));
        Assert.Equal(Math.Min(128, slots), layer.Swiotlb.DefaultPool.LongestFreeRun);

        void Claim(ulong address, ulong size, int from, int to)
        {
            int first = (int)((address - start) / 2048), last = (int)((address - start + size - 1) / 2048);
            for (int s = first; s <= last; s++)
            {
                if (Interlocked.CompareExchange(ref owner[s], to, from) != from)
                    broken = $"slot {s} belonged to {owner[s]}, not {from}";
            }
        }
    }

    /// <summary>
    /// Short random histories of two threads on one area: some interleaving of the two, run one call at a time on the literal
    /// reference, must give every thread exactly the answers it got.
    /// </summary>
    [Fact]
    public void EveryHistoryHasALegalOrder()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            const ulong start = 0x1000_0000;
            var layer = Layer(start, 128, 1);
            var plans = new (bool Map, int Which, ulong Size)[2][];
            var answers = new ulong?[2][];
            var random = new Random(seed);
            for (int t = 0; t < 2; t++)
            {
                plans[t] = new (bool, int, ulong)[5];
                answers[t] = new ulong?[5];
                int made = 0, gone = 0;
                for (int i = 0; i < plans[t].Length; i++)
                {
                    bool map = gone == made || random.Next(3) > 0;
                    plans[t][i] = (map, map ? made++ : gone++, 1 + (ulong)random.Next(60 * 2048));
                }
            }

            using var barrier = new Barrier(2);
            Thread[] workers = [.. Enumerable.Range(0, 2).Select(t => new Thread(() =>
            {
                var device = new Device($"dev{t}") { Coherent = true };
                var mine = new List<ulong?>();
                barrier.SignalAndWait();
                for (int i = 0; i < plans[t].Length; i++)
                {
                    (bool map, int which, ulong size) = plans[t][i];
                    if (map)
                    {
                        PhysicalAddress got = layer.SwiotlbMap(device, new(1UL << 32), size, 0, DmaDirection.ToDevice, DmaAttributes.NoWarn);
                        answers[t][i] = got.IsValid ? got.Value : null;
                        mine.Add(answers[t][i]);
                    }
                    else if (mine[which] is { } address)
                    {
                        layer.SwiotlbUnmap(device, new(address), 1, DmaDirection.ToDevice);
                    }
                }
            }))];
            foreach (Thread worker in workers)
                worker.Start();
            foreach (Thread worker in workers)
                worker.Join();
            Assert.True(HasLegalOrder(plans, answers, start), $"no order of the calls explains the answers (seed {seed})");
        }
    }

    private static bool HasLegalOrder((bool Map, int Which, ulong Size)[][] plans, ulong?[][] answers, ulong start)
    {
        // At most C(10,5) = 252 orders: try them all, each from the beginning.
        for (int order = 0; order < 1 << 10; order++)
        {
            if (System.Numerics.BitOperations.PopCount((uint)order) != 5)
                continue;
            var pool = new ReferencePool(start, 128, 1);
            int[] next = [0, 0];
            List<ulong?>[] mine = [[], []];
            bool legal = true;
            for (int step = 0; step < 10 && legal; step++)
            {
                int t = (order >> step) & 1;
                (bool map, int which, ulong size) = plans[t][next[t]];
                if (map)
                {
                    ulong? got = pool.Map(1UL << 32, size, 0, 0, 0xffff_ffff, 0);
                    legal = got == answers[t][next[t]];
                    mine[t].Add(got);
                }
                else if (mine[t][which] is { } address)
                {
                    pool.Unmap(address, 0);
                }

                next[t]++;
            }

            if (legal)
                return true;
        }

        return false;
    }

    private static DmaLayer<CopyRecorderNone> Layer(ulong start, int slots, int areas) =>
        new(
            new Machine { Cpus = areas },
            Linux612,
            default,
            new Handoff.Swiotlb.SwiotlbAllocator("swiotlb", new Handoff.Swiotlb.SwiotlbPool(new(start), slots, areas)));

    private struct CopyRecorderNone : IMemory
    {
        public readonly void Copy(PhysicalAddress from, PhysicalAddress to, ulong size)
        {
        }

        public readonly void Zero(PhysicalAddress start, ulong size)
        {
        }

        public readonly void Clean(PhysicalAddress start, ulong size)
        {
        }

        public readonly void Invalidate(PhysicalAddress start, ulong size)
        {
        }
    }
}
