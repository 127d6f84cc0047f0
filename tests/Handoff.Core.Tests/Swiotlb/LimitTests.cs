using Handoff.Kernels;
using Handoff.Swiotlb;

namespace Handoff.Core.Tests.Swiotlb;

/// <summary>Sizes and addresses at the edge of what fits, and wrong use.</summary>
public sealed class LimitTests
{
    private const ulong Above = 0x1_4000_0000;

    [Theory]
    [InlineData("99999999999999999999")]
    [InlineData("3000000000")]
    [InlineData("4294967295,force")]
    [InlineData("0xffffffffffffffff")]
    [InlineData("2147483648,1048576")]
    public void APoolLargerThanMemoryIsHalvedUntilItFits(string parameter)
    {
        DmaLayer<CountingMemory> layer = Layer(parameter);
        SwiotlbPool pool = layer.Swiotlb!.DefaultPool;
        Assert.InRange(pool.Size, 512UL << 20, layer.Machine.Zones.LowLimit);
        Assert.True(layer.Machine.Ram.Contains(pool.Start, pool.Size));
        Assert.Contains(layer.Log.Messages, m => m.Text.StartsWith("software IO TLB: adjusted ", StringComparison.Ordinal));
    }

    [Fact]
    public void NoBytesCannotBounce()
    {
        DmaLayer<CountingMemory> layer = Layer("512,1,force");
        var device = new Device("dev");
        Assert.Throws<ArgumentOutOfRangeException>(() => layer.MapPhys(device, new(Above), 0, DmaDirection.ToDevice));
        Assert.Throws<ArgumentOutOfRangeException>(() => layer.SwiotlbMap(device, new(Above), 0, 0, DmaDirection.ToDevice));
        Assert.Equal(0, layer.Swiotlb!.Used);
        Assert.Equal(128, layer.Swiotlb.DefaultPool.LongestFreeRun);

        // With an offset to keep, the kernel takes a slot for it.
        device.MinAlignMask = 0xfff;
        Assert.True(layer.MapPhys(device, new(Above + 0x234), 0, DmaDirection.ToDevice).IsMapped);
        Assert.Equal(1, layer.Swiotlb.Used);
    }

    [Fact]
    public void ASizeThatWrapsWithItsOffsetCannotBounce()
    {
        DmaLayer<CountingMemory> layer = Layer("512,1,force");
        var device = new Device("dev") { MinAlignMask = 0xfff };
        Assert.Throws<ArgumentOutOfRangeException>(() => layer.MapPhys(device, new(Above + 0x100), ulong.MaxValue, DmaDirection.ToDevice));
        Assert.Equal(0, layer.Swiotlb!.Used);
        device.MinAlignMask = 0;
        Assert.False(layer.MapPhys(device, new(Above + 0x100), ulong.MaxValue, DmaDirection.ToDevice).IsMapped); // full
        Assert.Contains(layer.Log.Messages, m => m.Text.StartsWith("swiotlb buffer is full (sz: -1 bytes)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0x1234UL)]
    [InlineData(ulong.MaxValue)]
    public void AnAlignmentIsAMaskOfLowBits(ulong alignMask) =>
        Assert.Throws<ArgumentException>(() => Layer("512,1").SwiotlbMap(new Device("dev"), new(Above), 4096, alignMask, DmaDirection.ToDevice));

    [Fact]
    public void AnAlignmentBeyondAPageWarnsOnce()
    {
        DmaLayer<CountingMemory> layer = Layer("512,1");
        for (int i = 0; i < 2; i++)
            layer.SwiotlbMap(new Device("dev"), new(Above), 4096, 0xffff, DmaDirection.ToDevice);
        Assert.Single(layer.Log.Messages, m => m.Level == Handoff.Logging.KernelLogLevel.Warning && m.Text.Contains("alignment", StringComparison.Ordinal));
    }

    [Fact]
    public void WithoutAPoolTheMessageIsRateLimited()
    {
        DmaLayer<CountingMemory> layer = Layer("noforce");
        for (int i = 0; i < 30; i++)
            Assert.False(layer.SwiotlbMap(new Device("dev"), new(Above), 4096, 0, DmaDirection.ToDevice).IsValid);
        Assert.Equal(10, layer.Log.Messages.Count);
    }

    [Fact]
    public void ShapesThatCannotBeAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SwiotlbPool(new(0), 2, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SwiotlbPool(new(0), int.MaxValue, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SwiotlbPool(new(ulong.MaxValue - 4095), 128, 1));
        Assert.Throws<ArgumentException>(() => SwiotlbAllocator.Restricted("pool", new MemoryRange(new(0), 1UL << 42)));
        Assert.Throws<ArgumentException>(() => SwiotlbAllocator.Restricted("pool", new MemoryRange(new(0), 2047)));
    }

    [Fact]
    public void BytesThatMemoryDoesNotHaveCostNoSlots()
    {
        var machine = new Machine { Ram = RamMap.Usual(Architecture.Arm64, 6UL << 30), SwiotlbParameter = "512,1" };
        RealMemory memory = RealMemory.For(machine);
        var layer = new DmaLayer<RealMemory>(machine, KernelProfiles.Default, memory);
        var device = new Device("dev");
        const ulong beyond = 0x10_0000_0000;
        Assert.Throws<ArgumentOutOfRangeException>(() => layer.MapPhys(device, new(beyond), 4096, DmaDirection.ToDevice));
        var table = new SgTable(new ScatterlistEntry(new(Above), 4096), new ScatterlistEntry(new(beyond), 4096), new ScatterlistEntry(new(Above), 4096));
        Assert.Throws<ArgumentOutOfRangeException>(() => layer.MapSgTable(device, table, DmaDirection.ToDevice));
        Assert.Equal((0, 2), (layer.Swiotlb!.Used, layer.Swiotlb.HighWater)); // the first entry's
        memory.Free();
    }

    [Fact]
    public void OnlyAListOfPoolsGrows()
    {
        Assert.Throws<ArgumentException>(() => new SwiotlbAllocator("swiotlb", new SwiotlbPool(new(0), 128, 1), canGrow: true));
        var single = new SwiotlbAllocator("swiotlb", new SwiotlbPool(new(0), 128, 1));
        Assert.Throws<InvalidOperationException>(() => single.AddPool(new SwiotlbPool(new(0x10_0000), 128, 1)));
    }

    /// <summary>Several threads may run the deferred work: a request makes one pool.</summary>
    [Fact]
    public void ARequestToGrowIsServedOnce()
    {
        var layer = new DmaLayer<CountingMemory>(
            new Machine { SwiotlbParameter = "512,1" }, KernelProfiles.Parse("+dynamic").Profile!, default);
        var device = new Device("dev");
        for (int round = 1; round <= 3; round++)
        {
            while (!layer.Swiotlb!.GrowthPending)
                layer.MapPhys(device, new(Above), 262144, DmaDirection.ToDevice);
            int made = 0;
            Parallel.For(0, 4, _ => Interlocked.Add(ref made, layer.RunDeferredWork()));
            Assert.Equal(1, made);
            Assert.Equal(512L + (round * 512), layer.Swiotlb.Slots);
        }
    }

    /// <summary>An area count that is no power of two can follow from a pool made by hand; every area is searched.</summary>
    [Fact]
    public void AllOfThreeAreasAreSearched()
    {
        var swiotlb = new SwiotlbAllocator("swiotlb", new SwiotlbPool(new(0x7000_0000), 384, 3));
        var layer = new DmaLayer<CountingMemory>(new Machine(), KernelProfiles.Default, default, swiotlb);
        for (int i = 0; i < 3; i++)
            Assert.True(layer.MapPhys(new Device("dev"), new(Above), 262144, DmaDirection.ToDevice).IsMapped);
        Assert.Equal(384, swiotlb.Used);
    }

    [Fact]
    public void TheSizeForAGuestIsNotAdjustedOnceAreasChangedIt()
    {
        Machine guest = new() { Architecture = Architecture.X86_64, Encryption = MemoryEncryption.Guest, Cpus = 4 };
        Assert.Equal(262144, Boot(guest).DefaultPool.Slots); // 6 % of 8 GiB
        Assert.Equal(65536, Boot(guest with { SwiotlbParameter = ",512" }).DefaultPool.Slots); // 128 slots an area come first
    }

    [Fact]
    public void TheLogTellsHowTheSizeCameAbout()
    {
        var log = new Handoff.Logging.KernelLog();
        Machine guest = new() { Architecture = Architecture.X86_64, Encryption = MemoryEncryption.Guest, Cpus = 4 };
        _ = new DmaLayer<CountingMemory>(guest, KernelProfiles.Default, default, log);
        Assert.Equal(
            [
                "software IO TLB: SWIOTLB bounce buffer size adjusted to 491MB",
                "software IO TLB: area num 4.",
                "software IO TLB: SWIOTLB bounce buffer size roundup to 512MB",
            ],
            log.Messages.Take(3).Select(m => m.Text));
    }

    private static SwiotlbAllocator Boot(Machine machine) => new DmaLayer<CountingMemory>(machine, KernelProfiles.Default, default).Swiotlb!;

    private static DmaLayer<CountingMemory> Layer(string parameter) =>
        new(new Machine { SwiotlbParameter = parameter }, KernelProfiles.Default, default);
}
