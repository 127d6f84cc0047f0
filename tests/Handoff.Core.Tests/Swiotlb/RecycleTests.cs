using Handoff.Kernels;

namespace Handoff.Core.Tests.Swiotlb;

/// <summary>A machine that boots with the memory of another one's pool knows nothing of that one.</summary>
public sealed class RecycleTests
{
    [Fact]
    public void AMachineAfterAnotherDecidesLikeAFreshOne()
    {
        List<DmaAddress> fresh = Run(out DmaLayer<CountingMemory> first);
        first.Swiotlb!.DefaultPool.Recycle();
        first.Swiotlb.DefaultPool.Recycle(); // twice lends it once
        List<DmaAddress> again = Run(out DmaLayer<CountingMemory> second);
        List<DmaAddress> beside = Run(out DmaLayer<CountingMemory> third);
        Assert.Equal(fresh, again);
        Assert.Equal(fresh, beside);
        Assert.Equal(second.Swiotlb!.DefaultPool.Used, third.Swiotlb!.DefaultPool.Used);
    }

    [Fact]
    public void BootingMachineAfterMachineTakesLittleMemory()
    {
        const int machines = 50;
        Boot().Swiotlb!.DefaultPool.Recycle();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < machines; i++)
            Boot().Swiotlb!.DefaultPool.Recycle();
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / machines;
        Assert.InRange(each, 1, 40_000); // the pool's slots take 512 KiB of records
    }

    private static DmaLayer<CountingMemory> Boot() =>
        new(new Machine { SwiotlbParameter = "force" }, KernelProfiles.Default, new CountingMemory());

    /// <summary>Maps and unmaps of sizes and offsets that leave padding and records of every length behind.</summary>
    private static List<DmaAddress> Run(out DmaLayer<CountingMemory> layer)
    {
        layer = Boot();
        var device = new Device("dev") { MinAlignMask = 4095 };
        var random = new Random(1);
        var given = new List<DmaAddress>();
        var live = new List<(DmaAddress Address, ulong Size)>();
        for (int i = 0; i < 2_000; i++)
        {
            if (random.Next(3) == 0 && live.Count > 0)
            {
                int at = random.Next(live.Count);
                layer.UnmapPhys(device, live[at].Address, live[at].Size, DmaDirection.Bidirectional);
                live.RemoveAt(at);
                continue;
            }

            ulong size = (ulong)random.Next(1, 60_000);
            DmaAddress address = layer.MapPhys(device, new PhysicalAddress((5UL << 30) + (ulong)random.Next(1 << 24)), size, DmaDirection.Bidirectional);
            given.Add(address);
            if (address.IsMapped)
                live.Add((address, size));
        }

        return given;
    }
}
