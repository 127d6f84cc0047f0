using Handoff.Core.Tests.Kernels;
using Handoff.Kernels;
using Handoff.Ownership;

namespace Handoff.Core.Tests.Ownership;

public sealed class DmaApiDebugTests
{
    private const DmaDirection To = DmaDirection.ToDevice, From = DmaDirection.FromDevice, Both = DmaDirection.Bidirectional;

    private static readonly KernelSwitches X86 = new() { DebugChecks = DebugChecks.Overlap };

    private readonly DmaApiDebug _debug = new(new DmaApiDebugOptions { Kernel = X86, NonCoherentArchitecture = false });
    private readonly int _device;

    public DmaApiDebugTests() => _device = _debug.AddDevice(new DeviceFacts("0000:00:06.0", MaxSegmentSize: 65536, SegmentBoundaryMask: 0xffff_ffff, Driver: "edu"));

    private string Checks => string.Join("+", _debug.Reports.Select(r => r.Check));

    private void Map(ulong address, ulong size, DmaDirection direction, bool check = true, DmaAttributes attributes = DmaAttributes.None)
    {
        _debug.Process(MappingEvent.Map(_device, new(address), new(address), size, direction, attributes));
        if (check)
            _debug.Process(MappingEvent.ErrorCheck(_device, new(address)));
    }

    private void Unmap(ulong address, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None) =>
        _debug.Process(MappingEvent.Unmap(_device, new(address), size, direction, attributes));

    private void List(MappingEventKind kind, int entries, int segments, ulong address, ulong size, DmaDirection direction)
    {
        for (int i = 0; i < (kind == MappingEventKind.Map ? segments : entries); i++)
        {
            _debug.Process(new MappingEvent
            {
                Kind = kind,
                Mapping = MappingKind.Sg,
                Device = _device,
                ListEntries = entries,
                ListSegments = segments,
                ListIndex = i,
                Address = new(address + ((ulong)i * size)),
                Original = new(address + ((ulong)i * size)),
                Size = size,
                Direction = direction,
            });
        }
    }

    [Theory]
    [InlineData(true, "U3")]
    [InlineData(false, "U3+U8")]
    public void UnmapOfFewerBytes(bool check, string expected)
    {
        Map(0x1000, 100, From, check);
        Unmap(0x1000, 64, From);
        Assert.Equal(expected, Checks);
        Assert.Equal(
            "DMA-API: edu 0000:00:06.0: device driver frees DMA memory with different size [device address=0x0000000000001000] [map size=100 bytes] [unmap size=64 bytes]",
            _debug.Reports[0].Text);
        Assert.Equal([true, false], _debug.Reports.Select(r => r.Printed).Concat([false]).Take(2));
    }

    [Theory]
    [InlineData(MemoryUse.Stack, "M3")]
    [InlineData(MemoryUse.KernelText, "M4")]
    [InlineData(MemoryUse.NotRam, "M1")]
    public void MemoryOfAFailedMapIsLookedAtOnlyBeforeTheMap(MemoryUse use, string check)
    {
        var debug = new DmaApiDebug(new DmaApiDebugOptions { MemoryUseOf = (_, _) => use });
        int device = debug.AddDevice(new DeviceFacts("dev"));
        debug.Process(MappingEvent.Map(device, DmaAddress.MappingError, new(0x1000), 64, To, DmaAttributes.None));
        Assert.Equal(use == MemoryUse.NotRam ? 1 : 0, debug.ErrorCount);
        debug.Process(MappingEvent.Map(device, new(0x1000), new(0x1000), 64, To, DmaAttributes.None));
        Assert.Equal(check, debug.Reports[^1].Check);
    }

    [Fact]
    public void SingleMapUnmappedAsAList()
    {
        Map(0x1000, 100, From);
        List(MappingEventKind.Unmap, 1, 1, 0x1000, 100, From);
        Assert.Equal("U4", Checks);
    }

    [Fact]
    public void PagesAndSinglesAreTheSameType()
    {
        Map(0x1000, 100, From);
        Unmap(0x1000, 100, From);
        Assert.Equal("", Checks);
    }

    [Theory]
    [InlineData(From, "M7")]
    [InlineData(Both, "M7")]
    [InlineData(To, "")]
    public void TheSameMapTwice(DmaDirection direction, string expected)
    {
        Map(0x1000, 100, direction);
        Map(0x1000, 100, direction);
        Unmap(0x1000, 100, direction);
        Unmap(0x1000, 100, direction);
        Assert.Equal(expected, Checks);
    }

    [Fact]
    public void TwoMappingsBeginningInOneLine()
    {
        Map(0x1000, 32, From);
        Map(0x1020, 32, From);
        Assert.Equal("M7", Checks);
    }

    [Fact]
    public void OverlapsThatBeginInDifferentLinesAreMissed()
    {
        Map(0x1000, 128, From);
        Map(0x1040, 64, From);
        Assert.Equal("", Checks);
    }

    [Fact]
    public void ToDeviceMappingsAreNotTracked()
    {
        Map(0x1000, 64, To);
        Map(0x1000, 64, From);
        Assert.Equal("", Checks);
    }

    [Fact]
    public void AMergedListUnmappedWithTheReturnedCount()
    {
        List(MappingEventKind.Map, 4, 1, 0x1000, 16384, Both);
        List(MappingEventKind.Unmap, 1, 1, 0x1000, 16384, Both);
        Assert.Equal("U6", Checks);
        Assert.Contains("[map count=4] [unmap count=1]", _debug.Reports[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void ListsStopAtTheirMappedCount()
    {
        List(MappingEventKind.Map, 4, 1, 0x1000, 16384, Both);
        List(MappingEventKind.Unmap, 4, 4, 0x1000, 16384, Both);
        Assert.Equal("", Checks);
    }

    [Fact]
    public void SyncForDeviceTheOtherWay()
    {
        Map(0x1000, 64, From);
        _debug.Process(MappingEvent.Sync(false, _device, new(0x1000), 64, To));
        Assert.Equal("S3+S5", Checks);
        Assert.Equal(2, _debug.ErrorCount);
        Assert.Equal(1, _debug.Reports.Count(r => r.Printed));
    }

    [Theory]
    [InlineData(To, To, "", "")]
    [InlineData(To, From, "S3+S4", "S3")]
    [InlineData(To, Both, "S3+S4", "S3")]
    [InlineData(From, To, "S3", "S3+S5")]
    [InlineData(From, From, "", "")]
    [InlineData(From, Both, "S3", "S3+S5")]
    [InlineData(Both, To, "", "")]
    [InlineData(Both, From, "", "")]
    [InlineData(Both, Both, "", "")]
    public void SyncDirections(DmaDirection mapped, DmaDirection synced, string forCpu, string forDevice)
    {
        Map(0x1000, 64, mapped);
        _debug.Process(MappingEvent.Sync(true, _device, new(0x1000), 64, synced));
        Assert.Equal(forCpu, Checks);
        int before = _debug.ErrorCount;
        _debug.Process(MappingEvent.Sync(false, _device, new(0x1000), 64, synced));
        Assert.Equal(forDevice, string.Join("+", _debug.Reports.Skip(before).Select(r => r.Check)));
    }

    [Theory]
    [InlineData(0x1000UL, 65UL, "S1")]
    [InlineData(0x1020UL, 32UL, "")]
    [InlineData(0x1020UL, 33UL, "S1")]
    [InlineData(0x2000UL, 1UL, "S1")]
    public void SyncsOutsideAMapping(ulong address, ulong size, string expected)
    {
        Map(0x1000, 64, From);
        _debug.Process(MappingEvent.Sync(true, _device, new(address), size, From));
        Assert.Equal(expected, Checks);
    }

    [Fact]
    public void SyncsDeepInsideALargeMappingAreFound()
    {
        Map(0x4_0000_0000, 64 << 20, From);
        _debug.Process(MappingEvent.Sync(true, _device, new(0x4_0000_0000 + (63 << 20)), 64, From));
        Assert.Equal("", Checks);
    }

    [Fact]
    public void UnknownAndErrorAddresses()
    {
        Unmap(0x1000, 64, From);
        _debug.Process(MappingEvent.Unmap(_device, DmaAddress.MappingError, 64, From));
        Assert.Equal("U2+U1", Checks);
    }

    [Fact]
    public void FailedMapsOfBuffersAreNotRecorded()
    {
        _debug.Process(MappingEvent.Map(_device, DmaAddress.MappingError, new(0x1000), 64, From));
        _debug.Process(MappingEvent.Released(_device));
        Assert.Equal("", Checks);
        _debug.Process(MappingEvent.Map(_device, DmaAddress.MappingError, new(0x1000), 64, From) with { Mapping = MappingKind.Resource });
        _debug.Process(MappingEvent.Released(_device));
        Assert.Equal("L", Checks);
    }

    [Fact]
    public void ThreeLeaksMakeOneReport()
    {
        for (ulong i = 1; i <= 3; i++)
            Map(i * 0x10000, 64, From);
        _debug.Process(MappingEvent.Released(_device));
        Assert.Equal("L", Checks);
        Assert.Contains("[count=3]", _debug.Reports[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void SeveralImperfectMatchesGiveNone()
    {
        Map(0x1000, 64, To);
        Map(0x1000, 128, To);
        Unmap(0x1000, 32, To);
        Assert.Equal("U2", Checks);
    }

    [Fact]
    public void LongSegmentsAndBoundaries()
    {
        List(MappingEventKind.Map, 1, 1, 0x1000, 262144, From);
        Assert.Equal("M5", Checks);
        Assert.Equal("DMA-API: edu 0000:00:06.0: mapping sg segment longer than device claims to support [len=262144] [max=65536]", _debug.Reports[0].Text);
        List(MappingEventKind.Map, 1, 1, 0xffff_f000, 8192, To);
        Assert.Equal("M5+M6", Checks);
    }

    [Theory]
    [InlineData("linux-5.10", false, "")]
    [InlineData("linux-6.4", true, "M7")]
    [InlineData("linux-6.12.0", true, "M7")]
    [InlineData("linux-6.12", true, "")]
    [InlineData("linux-6.12", false, "M7")]
    [InlineData("linux-7.0", false, "M7")]
    public void OverlapsAreMutedByKmallocBouncing(string kernel, bool arm, string expected)
    {
        var debug = new DmaApiDebug(new DmaApiDebugOptions { Kernel = KernelProfiles.Find(kernel)!.Switches, NonCoherentArchitecture = arm });
        int device = debug.AddDevice(new DeviceFacts("dev"));
        for (int i = 0; i < 2; i++)
            debug.Process(MappingEvent.Map(device, new(0x1000), new(0x1000), 8, From));
        Assert.Equal(expected, string.Join("+", debug.Reports.Select(r => r.Check)));
    }

    [Theory]
    [InlineData("linux-7.1", "")]
    [InlineData("linux-7.2", "A")]
    public void AttributesAreComparedSince72(string kernel, string expected)
    {
        var debug = new DmaApiDebug(new DmaApiDebugOptions { Kernel = KernelProfiles.Find(kernel)!.Switches });
        int device = debug.AddDevice(new DeviceFacts("dev"));
        debug.Process(MappingEvent.Map(device, new(0x1000), new(0x1000), 64, From, DmaAttributes.SkipCpuSync));
        debug.Process(MappingEvent.ErrorCheck(device, new(0x1000)));
        debug.Process(MappingEvent.Unmap(device, new(0x1000), 64, From));
        Assert.Equal(expected, string.Join("+", debug.Reports.Select(r => r.Check)));
    }

    [Fact]
    public void ALiveLayerIsWatched()
    {
        using var box = new Box("linux-6.12+debug");
        var debug = new DmaApiDebug(new DmaApiDebugOptions { Kernel = box.Kernel.Switches });
        box.Layer.Observer = debug;
        Device device = Box.Device(32);
        DmaAddress dma = box.Layer.MapPhys(device, new(Box.Above4GiB), 100, From);
        box.Layer.UnmapPhys(device, dma, 100, Both);
        Assert.Equal("U7+U8", string.Join("+", debug.Reports.Select(r => r.Check)));
    }
}
