namespace Handoff.Core.Tests.Devices;

/// <summary>A device's own description: defaults, refused nonsense, and what firmware does to it.</summary>
public sealed class DeviceTests
{
    private const ulong GiB = 1UL << 30;

    [Fact]
    public void ZeroMeansTheDefaultLimit()
    {
        var device = new Device("dev") { MaxSegmentSize = 0, SegmentBoundaryMask = 0 };
        Assert.Equal(65536u, device.MaxSegmentSize);
        Assert.Equal(ulong.MaxValue, device.SegmentBoundaryMask);
        var layer = new DmaLayer<CountingMemory>(new Machine(), Handoff.Kernels.KernelProfiles.Default, default);
        Assert.True(layer.MapPhys(device, new(5 * GiB), 8192, DmaDirection.ToDevice).IsMapped);
    }

    [Fact]
    public void NonsenseIsRefused()
    {
        var device = new Device("dev");
        Assert.Throws<ArgumentException>(() => device.SegmentBoundaryMask = 0x1_2345_6789);
        Assert.Throws<ArgumentException>(() => device.DmaRanges = [new DmaRange(new(0), new(0), 0)]);
        Assert.Throws<ArgumentException>(() => device.DmaRanges = [new DmaRange(new(ulong.MaxValue), new(0), 2)]);
        Assert.Throws<ArgumentException>(() => device.DmaRanges = [new DmaRange(new(0), new(ulong.MaxValue), 2)]);
        device.DmaRanges = default;
        Assert.Empty(device.DmaRanges);
        var layer = new DmaLayer<CountingMemory>(new Machine(), Handoff.Kernels.KernelProfiles.Default, default);
        Assert.True(layer.AddressingLimited(device));
    }

    [Fact]
    public void WindowsOfTheDeviceTreeNarrowTheMasks()
    {
        var device = new Device("dev") { DmaMask = ulong.MaxValue, CoherentDmaMask = ulong.MaxValue };
        DmaRange[] ranges = [new(new(0), new(0xc000_0000), GiB / 2), new(new(4 * GiB), new(0), GiB)];
        device.Configure([.. ranges]);
        Assert.Equal((0xffff_ffffUL, 0xffff_ffffUL, 0xdfff_ffffUL), (device.DmaMask, device.CoherentDmaMask, device.BusDmaLimit));
        Assert.Equal(ranges, device.DmaRanges);
    }

    [Theory]
    [InlineData(0xffff_ffffUL, 0xffff_ffffUL)]
    [InlineData(0xff_ffffUL, 0xff_ffffUL)]
    [InlineData(0UL, 0UL)] // 32 bits are then taken for the end, and cannot widen a mask
    public void WithoutWindowsTheCoherentMaskStays(ulong coherent, ulong expected)
    {
        var device = new Device("dev") { CoherentDmaMask = coherent };
        device.Configure([]);
        Assert.Equal((expected, 0UL), (device.CoherentDmaMask, device.BusDmaLimit));
        Assert.Empty(device.DmaRanges);
    }

    [Fact]
    public void AnAcpiLimitWithoutWindowsIsABusLimit()
    {
        var device = new Device("dev") { DmaMask = ulong.MaxValue };
        device.Configure([], firmwareLimit: 0x3fff_ffff);
        Assert.Equal((0x3fff_ffffUL, 0x3fff_ffffUL), (device.DmaMask, device.BusDmaLimit));
        Assert.Empty(device.DmaRanges);
    }

    [Fact]
    public void AMissingMaskBecomesTheCoherentOne()
    {
        var device = new Device("dev") { DmaMask = null };
        device.Configure([]);
        Assert.Equal(0xffff_ffffUL, device.DmaMask);
    }

    [Fact]
    public void OneOffsetOnly()
    {
        var device = new Device("dev");
        Assert.Equal(Errno.None, device.SetOffset(new(0x1000), new(0x1000), GiB));
        Assert.Empty(device.DmaRanges);
        Assert.Equal(Errno.None, device.SetOffset(new(GiB), new(0), GiB));
        Assert.Equal([new DmaRange(new(GiB), new(0), GiB)], device.DmaRanges);
        Assert.Equal(Errno.Invalid, device.SetOffset(new(GiB), new(0), GiB));
    }

    [Theory]
    [InlineData(0xffff_ffffUL, 12, 0x10_0000UL)]
    [InlineData(0xffffUL, 12, 16UL)]
    [InlineData(ulong.MaxValue, 12, 1UL << 52)]
    public void PagesBetweenBoundaries(ulong boundary, int shift, ulong pages) =>
        Assert.Equal(pages, new Device("dev") { SegmentBoundaryMask = boundary }.SegmentBoundaryPages(shift));

    [Theory]
    [InlineData("0-9", false)] // one window over all
    [InlineData("1-9", false)]
    [InlineData("1-3,3-9", false)]
    [InlineData("1-3,4-9", true)]
    [InlineData("1-8", true)]
    public void AllRamMustBeWithinAWindow(string windows, bool limited)
    {
        var device = new Device("dev") { DmaMask = ulong.MaxValue };
        device.DmaRanges = [.. windows.Split(',').Select(w => w.Split('-')).Select(w => (From: ulong.Parse(w[0]) * GiB, To: ulong.Parse(w[1]) * GiB))
            .Select(w => new DmaRange(new(w.From), new(w.From), w.To - w.From))];
        var layer = new DmaLayer<CountingMemory>(new Machine(), Handoff.Kernels.KernelProfiles.Default, default); // RAM from 1 to 9 GiB
        Assert.Equal(limited, layer.AddressingLimited(device));
    }

    [Fact]
    public void AWindowUpToTheEndOfTheAddressSpaceCoversRam()
    {
        var device = new Device("dev") { DmaMask = ulong.MaxValue, DmaRanges = [new DmaRange(new(0x1000), new(0x1000), ulong.MaxValue - 0xfff)] };
        var layer = new DmaLayer<CountingMemory>(new Machine(), Handoff.Kernels.KernelProfiles.Default, default);
        Assert.False(layer.AddressingLimited(device));
    }

    [Fact]
    public void AMaskThatIsTakenAwayDoesNotKeepAMappingAlive()
    {
        var layer = new DmaLayer<CountingMemory>(new Machine(), Handoff.Kernels.KernelProfiles.Default, default);
        var device = new Device("dev");
        DmaAddress dma = layer.MapPhys(device, new(5 * GiB), 4096, DmaDirection.ToDevice);
        device.DmaMask = null;
        layer.UnmapPhys(device, dma, 4096, DmaDirection.ToDevice);
        Assert.Equal(0, layer.Swiotlb!.Used);
    }
}
