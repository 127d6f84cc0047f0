using Handoff.Direct;
using Handoff.Kernels;

namespace Handoff.Core.Tests.Direct;

/// <summary>The decisions of dma-direct: the tables and worked examples of the specification.</summary>
public sealed class DirectTests
{
    private const ulong GiB = 1UL << 30;

    [Theory]
    [InlineData(0xffff_f000UL, 4096UL, true)]
    [InlineData(0xffff_f000UL, 4097UL, false)]
    [InlineData(0x1_2345_0678UL, 5000UL, false)]
    [InlineData(0UL, 1UL, true)]
    [InlineData(0UL, 0UL, false)]
    [InlineData(0xffff_ffff_ffff_f000UL, 0x2000UL, true)] // the sum wraps
    public void ReachOfA32BitMask(ulong address, ulong size, bool capable) =>
        Assert.Equal(capable, DirectRules.IsCapable(new Device("dev"), new(address), size));

    [Fact]
    public void MaskAndBusLimitActTogether()
    {
        var device = new Device("dev") { DmaMask = ulong.MaxValue, BusDmaLimit = 0x3fff_ffff };
        Assert.True(DirectRules.IsCapable(device, new(0x3fff_f000), 4096));
        Assert.False(DirectRules.IsCapable(device, new(0x4000_0000), 1));
        device.DmaMask = 0;
        Assert.Equal(0x3fff_ffffUL, device.StreamingLimit);
    }

    [Fact]
    public void WindowsTranslateByTheFirstByte()
    {
        var device = new Device("dev")
        {
            DmaRanges = [new DmaRange(new(0), new(0xc000_0000), GiB)],
            BusDmaLimit = 0xffff_ffff,
        };
        DmaLayer<CountingMemory> layer = Layer(new Machine { Architecture = Architecture.X86_64, Ram = RamMap.Usual(Architecture.X86_64, 8 * GiB), SwiotlbStart = new(0x2000_0000) });
        Assert.Equal(new DmaAddress(0xd000_0000), layer.MapPhys(device, new(0x1000_0000), 4096, DmaDirection.ToDevice));
        Assert.Equal(BounceReason.OutsideWindows, layer.ReasonToBounce(device, new(0x4000_0000), 4096, DmaDirection.ToDevice));
        Assert.Equal(new DmaAddress(0xe000_0000), layer.MapPhys(device, new(0x4000_0000), 4096, DmaDirection.ToDevice));
    }

    [Theory]
    [InlineData(64u, "1-32,65-96")]
    [InlineData(128u, "1-96,129-192")]
    public void ShortLengthsThatBounceOnArm64(uint line, string ranges)
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine { CacheLineSize = line });
        var device = new Device("dev") { DmaMask = ulong.MaxValue };
        for (uint size = 0; size <= 600; size++)
        {
            bool expected = ranges.Split(',').Any(r => r.Split('-') is [var low, var high] && size >= uint.Parse(low) && size <= uint.Parse(high));
            foreach (DmaDirection direction in (DmaDirection[])[DmaDirection.FromDevice, DmaDirection.Bidirectional])
            {
                BounceReason reason = layer.ReasonToBounce(device, new(0x1_0000_0000), size, direction);
                Assert.Equal(expected ? BounceReason.ShortBuffer : BounceReason.None, reason);
            }

            Assert.Equal(BounceReason.None, layer.ReasonToBounce(device, new(0x1_0000_0000), size, DmaDirection.ToDevice));
        }

        device.Coherent = true;
        Assert.Equal(BounceReason.None, layer.ReasonToBounce(device, new(0x1_0000_0000), 24, DmaDirection.FromDevice));
    }

    [Theory]
    [InlineData(true, Architecture.Arm64, 64u, "", 8u)]
    [InlineData(true, Architecture.Arm64, 64u, "noforce", 64u)]
    [InlineData(true, Architecture.Arm64, 256u, "noforce", 256u)]
    [InlineData(false, Architecture.Arm64, 64u, "", 128u)] // before 6.5
    [InlineData(false, Architecture.Arm64, 256u, "", 128u)]
    [InlineData(false, Architecture.Riscv64, 64u, "", 64u)]
    [InlineData(true, Architecture.X86_64, 64u, "noforce", 8u)]
    [InlineData(false, Architecture.X86_64, 64u, "", 8u)]
    public void TheSmallestAlignmentOfKmalloc(bool bounces, Architecture architecture, uint line, string swiotlb, uint expected)
    {
        var machine = new Machine { Architecture = architecture, CacheLineSize = line, SwiotlbParameter = swiotlb };
        var layer = new DmaLayer<CountingMemory>(machine, new KernelProfile("test", new KernelSwitches { KmallocBounce = bounces }, ""), default);
        Assert.Equal(expected, layer.Rules.KmallocMinAlign);
    }

    [Fact]
    public void WithoutAPoolSmallObjectsAreFoldedAndMapDirectly()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine { SwiotlbParameter = "noforce" });
        var device = new Device("dev") { DmaMask = ulong.MaxValue };
        Assert.Equal(64u, layer.Rules.KmallocMinAlign);
        Assert.Equal(new DmaAddress(0x1_0000_0000), layer.MapPhys(device, new(0x1_0000_0000), 24, DmaDirection.FromDevice));
    }

    [Fact]
    public void UnreachableWithoutAPoolFailsAndWarnsOnce()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine { SwiotlbParameter = "noforce" });
        var device = new Device("dev");
        for (int i = 0; i < 3; i++)
        {
            DmaAddress dma = layer.MapPhys(device, new(0x1_2345_0678), 5000, DmaDirection.ToDevice);
            Assert.Equal(Errno.NoMemory, layer.MappingError(device, dma));
        }

        Assert.Single(layer.Log.Messages, m => m.Text.Contains("overflow", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(8UL, 0UL, 0x3_ffff_ffffUL)] // arm64: RAM from 1 to 9 GiB
    [InlineData(3UL, 0UL, 0xffff_ffffUL)]
    [InlineData(1UL, 0UL, 0x7fff_ffffUL)]
    [InlineData(3UL, 4096UL, 0x1_ffff_ffffUL)]
    public void RequiredMask(ulong gib, ulong more, ulong mask)
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine { Ram = RamMap.Usual(Architecture.Arm64, (gib * GiB) + more) });
        Assert.Equal(mask, layer.GetRequiredMask(new Device("dev")));
    }

    [Theory]
    [InlineData(Architecture.X86_64, 24, true)]
    [InlineData(Architecture.X86_64, 23, false)]
    [InlineData(Architecture.X86_64, 31, true)]
    [InlineData(Architecture.Arm64, 32, true)]
    [InlineData(Architecture.Arm64, 31, false)]
    [InlineData(Architecture.Arm64, 28, false)]
    public void SupportedMasks(Architecture architecture, int bits, bool supported)
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine { Architecture = architecture, Ram = RamMap.Usual(architecture, 8 * GiB) });
        var device = new Device("dev");
        Assert.Equal(supported ? Errno.None : Errno.IO, layer.SetMask(device, DmaMask.Bits(bits)));
        Assert.Equal(supported ? DmaMask.Bits(bits) : 0xffff_ffff, device.DmaMask);
    }

    [Fact]
    public void SyncsAreSkippedUntilTheFirstBounce()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        var device = new Device("dev") { Coherent = true };
        Assert.False(device.SkipSync); // no mask was set yet
        layer.SetMask(device, 0xffff_ffff);
        Assert.True(device.SkipSync);
        DmaAddress low = layer.MapPhys(device, new(0x5000_0000), 4096, DmaDirection.FromDevice);
        Assert.False(layer.NeedSync(device, low));
        DmaAddress high = layer.MapPhys(device, new(0x1_5000_0000), 4096, DmaDirection.FromDevice);
        Assert.False(device.SkipSync);
        Assert.True(layer.NeedSync(device, high));
        Assert.False(layer.NeedSync(device, low));
        ulong before = layer.Memory.CopiedBytes;
        layer.SyncSingleForCpu(device, high, 4096, DmaDirection.FromDevice);
        Assert.Equal(before + 4096, layer.Memory.CopiedBytes);
    }

    [Fact]
    public void AFailingEntryUnwindsTheList()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        var device = new Device("dev");
        var table = new SgTable(
            new ScatterlistEntry(new(0x5000_0000), 4096),
            new ScatterlistEntry(new(0x1_5000_0000), 4096),
            new ScatterlistEntry(new(0x1_6000_0000), 524288),
            new ScatterlistEntry(new(0x1_5000_0000), 4096));
        Assert.Equal(Errno.IO, layer.MapSgTable(device, table, DmaDirection.ToDevice));
        Assert.Equal(0, layer.Swiotlb!.Used);
        Assert.Equal(2, layer.Swiotlb.HighWater);
        Assert.Equal(0, layer.MapSg(device, table.Entries, DmaDirection.ToDevice));
    }

    [Fact]
    public void EntriesBounceIndependently()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        var device = new Device("dev");
        var table = new SgTable(new ScatterlistEntry(new(0x5000_0000), 4096), new ScatterlistEntry(new(0x1_5000_0000), 4096), new ScatterlistEntry(new(0x5000_1000), 96));
        Assert.Equal(Errno.None, layer.MapSgTable(device, table, DmaDirection.FromDevice));
        Assert.Equal([false, true, true], [.. table.Entries.ToArray().Select(e => layer.IsBounced(device, e.DmaAddress))]);
        Assert.All(table.Entries.ToArray(), e => Assert.Equal(SgDmaFlags.None, e.Flags));
        layer.UnmapSgTable(device, table, DmaDirection.FromDevice);
        Assert.Equal(0, layer.Swiotlb!.Used);
    }

    [Fact]
    public void ResourcesAreNeverBouncedNorTranslated()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        var device = new Device("dev") { DmaRanges = [new DmaRange(new(0x4000_0000), new(0), 8 * GiB)] };
        Assert.Equal(new DmaAddress(0x1000_0000), layer.MapResource(device, new(0x1000_0000), 4096, DmaDirection.ToDevice));
        Assert.False(layer.MapResource(device, new(0x1_f000_0000), 4096, DmaDirection.ToDevice).IsMapped);
        Assert.Equal(0, layer.Swiotlb!.Used);
    }

    [Fact]
    public void WrongUseOfTheApiThrows()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        Assert.Throws<ArgumentOutOfRangeException>(() => layer.MapPhys(new Device("dev"), new(0x5000_0000), 1, DmaDirection.None));
        Assert.Throws<NotSupportedException>(() => layer.MapPhys(new Device("dev") { BehindIommu = true }, new(0x5000_0000), 1, DmaDirection.ToDevice));
        Assert.False(layer.MapPhys(new Device("dev") { DmaMask = null }, new(0x5000_0000), 1, DmaDirection.ToDevice).IsMapped);
    }

    [Fact]
    public void VmallocAddressesAreRefused()
    {
        var machine = new Machine();
        DmaLayer<CountingMemory> layer = Layer(machine);
        var device = new Device("dev") { Coherent = true };
        Assert.False(layer.MapSingle(device, new(machine.VmallocStart + 4096), 64, DmaDirection.ToDevice).IsMapped);
        Assert.Equal(new DmaAddress(0x5000_0000), layer.MapSingle(device, machine.ToVirtual(new(0x5000_0000)), 64, DmaDirection.ToDevice));
    }

    [Fact]
    public void TheMapPathAllocatesNothing()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        var device = new Device("dev");
        ulong[] addresses = [0x5000_0000, 0x1_5000_0000];
        Pairs(100);
        // The runtime itself now and then allocates on this thread (tiered code, once): an allocation of ours would be in every round.
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Pairs(10_000);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);

        void Pairs(int count)
        {
            for (int i = 0; i < count; i++)
            {
                foreach (ulong address in addresses)
                {
                    DmaAddress dma = layer.MapPhys(device, new(address), 5000, DmaDirection.Bidirectional);
                    layer.SyncSingleForCpu(device, dma, 100, DmaDirection.Bidirectional);
                    layer.SyncSingleForDevice(device, dma, 100, DmaDirection.Bidirectional);
                    layer.UnmapPhys(device, dma, 5000, DmaDirection.Bidirectional);
                }
            }
        }
    }

    private static DmaLayer<CountingMemory> Layer(Machine machine) => new(machine, new KernelProfile("linux-6.12", new KernelSwitches(), ""), default);
}
