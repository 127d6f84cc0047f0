using Handoff.Kernels;

namespace Handoff.Core.Tests.Swiotlb;

/// <summary>The worked examples of slot placement: an empty pool at 0x7c000000, one area.</summary>
public sealed class WorkedExampleTests
{
    private const ulong Start = 0x7c00_0000;

    [Theory]
    [InlineData(0x1_2345_0678UL, 5000UL, 0xfffu, 0UL, 0x7c00_0678UL, 4)]
    [InlineData(0x1_2345_0e78UL, 5000UL, 0xfffu, 0UL, 0x7c00_0e78UL, 4)]
    [InlineData(0x1_2345_0678UL, 5000UL, 0u, 0UL, 0x7c00_0000UL, 3)]
    [InlineData(0x1_2345_0678UL, 5000UL, 0u, 0xfffUL, 0x7c00_0000UL, 4)]
    [InlineData(0x1_2345_0e78UL, 5000UL, 0xfffu, 0xfffUL, 0x7c00_0e78UL, 6)]
    [InlineData(0x1_2345_0e78UL, 5000UL, 0xfffu, 0xffffUL, 0x7c00_0e78UL, 32)]
    public void Lands(ulong original, ulong size, uint minAlign, ulong alignMask, ulong expected, int slots)
    {
        DmaLayer<CopyRecorder> layer = Layer();
        var device = new Device("dev") { MinAlignMask = minAlign };
        PhysicalAddress got = layer.SwiotlbMap(device, new(original), size, alignMask, DmaDirection.Bidirectional);
        Assert.Equal(new PhysicalAddress(expected), got);
        Assert.Equal(slots, layer.Swiotlb!.Used);
        layer.SwiotlbUnmap(device, got, size, DmaDirection.Bidirectional);
        Assert.Equal(0, layer.Swiotlb.Used);
    }

    [Theory]
    [InlineData(0UL, 0x1_2345_0678UL, 5000UL)]
    [InlineData(1415UL, 0x1_2345_0bffUL, 3585UL)]
    [InlineData(4999UL, 0x1_2345_19ffUL, 1UL)]
    public void PartialSyncsFindTheirBytes(ulong offset, ulong original, ulong room)
    {
        DmaLayer<CopyRecorder> layer = Layer();
        var device = new Device("dev") { MinAlignMask = 0xfff, Coherent = true };
        PhysicalAddress got = layer.SwiotlbMap(device, new(0x1_2345_0678), 5000, 0, DmaDirection.Bidirectional);
        layer.SyncSingleForDevice(device, new(got.Value + offset), 100_000, DmaDirection.Bidirectional);
        Assert.Equal((original, room), (layer.Memory.From.Value, layer.Memory.Size));
    }

    [Fact]
    public void ShortRequestsFillUpBehindBigOnes()
    {
        DmaLayer<CopyRecorder> layer = Layer();
        var device = new Device("dev");
        layer.SwiotlbMap(device, new(0x1_2345_0678), 5000, 0, DmaDirection.ToDevice);
        Assert.Equal(0x7c00_1800UL, layer.SwiotlbMap(device, new(0x1_0000_0000), 100, 0, DmaDirection.ToDevice).Value);
        Assert.Equal(0x7c00_2000UL, layer.SwiotlbMap(device, new(0x1_0000_0000), 4096, 0, DmaDirection.ToDevice).Value);
    }

    [Theory]
    [InlineData(0x1_2345_0678UL, 5000UL, 0xfffu, 0UL)]
    [InlineData(0x1_2345_0e78UL, 5000UL, 0u, 0UL)]
    [InlineData(0x1_2345_0e78UL, 5000UL, 0xfffu, 0xffffUL)]
    public void AnAdoptedMappingIsLikeOneThatWasMade(ulong original, ulong size, uint minAlign, ulong alignMask)
    {
        DmaLayer<CopyRecorder> made = Layer(), adopted = Layer();
        var device = new Device("dev") { MinAlignMask = minAlign };
        PhysicalAddress slot = made.SwiotlbMap(device, new(original), size, alignMask, DmaDirection.ToDevice);
        Assert.True(adopted.AdoptBounce(device, new(slot.Value), new(original), size, alignMask, moveSearch: true));
        Assert.False(adopted.AdoptBounce(device, new(slot.Value), new(original), size, alignMask));
        Assert.False(adopted.AdoptBounce(device, new(Start - 0x1000), new(original), size, alignMask));
        Assert.Equal((made.Swiotlb!.Used, made.Swiotlb.HighWater), (adopted.Swiotlb!.Used, adopted.Swiotlb.HighWater));

        PhysicalAddress next = made.SwiotlbMap(device, new(original), 100, 0, DmaDirection.ToDevice);
        Assert.Equal(next, adopted.SwiotlbMap(device, new(original), 100, 0, DmaDirection.ToDevice));
        adopted.SwiotlbUnmap(device, slot, size, DmaDirection.ToDevice);
        adopted.SwiotlbUnmap(device, next, 100, DmaDirection.ToDevice);
        Assert.Equal(0, adopted.Swiotlb.Used);
        Assert.True(adopted.AdoptBounce(device, new(slot.Value), new(original), size, alignMask));
        adopted.Swiotlb.DefaultPool.RestoreSearchIndex(0, 0);
        Assert.NotEqual(slot, adopted.SwiotlbMap(device, new(original), size, alignMask, DmaDirection.ToDevice));
    }

    [Fact]
    public void ASegmentBoundaryIsNotCrossed()
    {
        DmaLayer<CopyRecorder> layer = Layer();
        var device = new Device("dev") { SegmentBoundaryMask = 0xffff };
        for (int i = 0; i < 30; i++)
            layer.SwiotlbMap(device, new(0x1_0000_0000), 2048, 0, DmaDirection.ToDevice);
        Assert.Equal(Start + (32 * 2048), layer.SwiotlbMap(device, new(0x1_0000_0000), 8192, 0, DmaDirection.ToDevice).Value);
        Assert.False(layer.SwiotlbMap(device, new(0x1_0000_0000), 65537, 0, DmaDirection.ToDevice).IsValid);
    }

    [Theory]
    [InlineData(0u, 262144UL)]
    [InlineData(0x1ffu, 260096UL)]
    [InlineData(0x7ffu, 260096UL)]
    [InlineData(0xfffu, 258048UL)]
    [InlineData(0xffffu, 196608UL)]
    public void MaxMappingSize(uint minAlign, ulong expected)
    {
        DmaLayer<CopyRecorder> layer = Layer();
        Assert.Equal(expected, layer.MaxMappingSize(new Device("dev") { MinAlignMask = minAlign }));
        Assert.Equal(ulong.MaxValue, layer.MaxMappingSize(new Device("dev") { DmaMask = ulong.MaxValue }));
    }

    [Fact]
    public void TheLimitIsOneSegmentAndTheMessageIsTheKernels()
    {
        DmaLayer<CopyRecorder> layer = Layer();
        var device = new Device("0000:00:02.0");
        Assert.True(layer.SwiotlbMap(device, new(0x1_0000_0000), 262144, 0, DmaDirection.ToDevice).IsValid);
        Assert.False(layer.SwiotlbMap(device, new(0x1_0000_0000), 262145, 0, DmaDirection.ToDevice).IsValid);
        Assert.False(layer.SwiotlbMap(device, new(0x1_0000_0000), 262145, 0, DmaDirection.ToDevice, DmaAttributes.NoWarn).IsValid);
        string[] full = [.. layer.Log.Messages.Select(m => m.ToString()).Where(m => m.Contains("full", StringComparison.Ordinal))];
        Assert.Equal(["0000:00:02.0: swiotlb buffer is full (sz: 262145 bytes), total 32768 (slots), used 128 (slots)"], full);
    }

    [Fact]
    public void TheMessageIsRateLimited()
    {
        DmaLayer<CopyRecorder> layer = Layer();
        for (int i = 0; i < 100; i++)
            layer.SwiotlbMap(new Device("dev"), new(0x1_0000_0000), 300_000, 0, DmaDirection.ToDevice);
        Assert.Equal(10, layer.Log.Messages.Count(m => m.Text.Contains("full", StringComparison.Ordinal)));
        Assert.Equal(90, layer.Log.Suppressed);
    }

    private static DmaLayer<CopyRecorder> Layer() =>
        new(
            new Machine { Cpus = 1, SwiotlbStart = new(Start), SwiotlbParameter = "32768,1" },
            new KernelProfile("linux-6.12", new KernelSwitches(), ""),
            default);
}
