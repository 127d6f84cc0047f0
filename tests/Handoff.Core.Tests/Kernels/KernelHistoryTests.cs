using Handoff.Kernels;
using Handoff.Swiotlb;

namespace Handoff.Core.Tests.Kernels;

/// <summary>What changed between kernels, each shown by the engine on real bytes.</summary>
public sealed class KernelHistoryTests
{
    private const ulong Buffer = Box.Above4GiB;
    private const DmaDirection To = DmaDirection.ToDevice, From = DmaDirection.FromDevice, Both = DmaDirection.Bidirectional;
    private const DmaAttributes Skip = DmaAttributes.SkipCpuSync;

    [Theory]
    [InlineData("linux-5.10", DmaAttributes.None, "ddSS")]
    [InlineData("linux-5.16", DmaAttributes.None, "ddSS")]
    [InlineData("linux-5.17-rc6", DmaAttributes.None, "ddAA")]
    [InlineData("linux-5.17-rc6", DmaAttributes.Overwrite, "ddSS")]
    [InlineData("linux-5.17-rc8", DmaAttributes.None, "ddAA")]
    [InlineData("linux-5.17-rc8", DmaAttributes.Overwrite, "ddAA")]
    [InlineData("linux-5.17", DmaAttributes.Overwrite, "ddSS")]
    [InlineData("linux-5.17", DmaAttributes.None, "ddAA")]
    [InlineData("linux-5.18", DmaAttributes.Overwrite, "ddAA")]
    [InlineData("linux-6.12", DmaAttributes.None, "ddAA")]
    public void FromDeviceLeaksTheLastTenantUntilItsFix(string kernel, DmaAttributes attributes, string seen)
    {
        using var box = new Box(kernel);
        Device device = Box.Device(32);
        box.SoilPool('S');
        box.Write(Buffer, "AAAA");
        DmaAddress dma = box.Layer.MapPhys(device, new(Buffer), 4, From, attributes);
        box.Write(box.Reach(device, dma), "dd");
        box.Layer.UnmapPhys(device, dma, 4, From, attributes);
        Assert.Equal(seen, box.Read(Buffer, 4));
    }

    [Theory]
    [InlineData("linux-5.10", "dddd")]
    [InlineData("linux-5.17-rc6", "dddd")]
    [InlineData("linux-5.17-rc8", "ddAA")]
    [InlineData("linux-5.17", "dddd")]
    [InlineData("linux-5.18", "dddd")]
    [InlineData("linux-6.12", "dddd")]
    public void RearmingAFrameOverwritesItInOneReleaseCandidate(string kernel, string seen)
    {
        using var box = new Box(kernel);
        Device device = Box.Device(32);
        box.Write(Buffer, "AAAA");
        DmaAddress dma = box.Layer.MapPhys(device, new(Buffer), 4, From);
        if (box.Kernel.Switches.SlotCopyInAtMap == SlotCopyIn.IfCpuOwnedAndNotSkip)
            box.Write(box.Reach(device, dma), "AAAA"); // the slot's own content plays no part here
        box.Write(box.Reach(device, dma), "dd");
        box.Layer.SyncSingleForCpu(device, dma, 4, From);
        Assert.Equal("ddAA", box.Read(Buffer, 4));
        box.Write(box.Reach(device, dma) + 2, "dd");
        box.Layer.SyncSingleForDevice(device, dma, 4, From);
        box.Layer.SyncSingleForCpu(device, dma, 4, From);
        Assert.Equal(seen, box.Read(Buffer, 4));
    }

    [Theory]
    [InlineData("linux-4.9", "dddd")]
    [InlineData("linux-5.10", "AAAA")]
    [InlineData("linux-6.12", "AAAA")]
    public void SkipAtUnmapLeavesOutTheCopyBack(string kernel, string seen)
    {
        using var box = new Box(kernel);
        Device device = Box.Device(32);
        box.Write(Buffer, "AAAA");
        DmaAddress dma = box.Layer.MapPhys(device, new(Buffer), 4, Both);
        box.Write(box.Reach(device, dma), "dddd");
        box.Layer.UnmapPhys(device, dma, 4, Both, Skip);
        Assert.Equal(seen, box.Read(Buffer, 4));
    }

    [Theory]
    [InlineData("linux-5.16", "SSSS")]
    [InlineData("linux-5.18", "AAAA")]
    [InlineData("linux-6.12", "AAAA")]
    public void SkipAtMapStillCopiesInSince518(string kernel, string slot)
    {
        using var box = new Box(kernel);
        Device device = Box.Device(32);
        box.SoilPool('S');
        box.Write(Buffer, "AAAA");
        DmaAddress dma = box.Layer.MapPhys(device, new(Buffer), 4, To, Skip);
        Assert.Equal(slot, box.Read(box.Reach(device, dma), 4));
    }

    [Theory]
    [InlineData("linux-5.10", 0u)]
    [InlineData("linux-5.15", 0xa40u)]
    [InlineData("linux-6.12", 0xa40u)]
    public void TheMinimumAlignmentMaskIsHonouredSince512(string kernel, uint low)
    {
        using var box = new Box(kernel);
        Device device = Box.Device(32);
        device.MinAlignMask = 0xfff;
        DmaAddress dma = box.Layer.MapPhys(device, new(Buffer + 0x1a40), 0x400, To);
        Assert.True(dma.IsMapped);
        Assert.Equal(low, dma.Value & (low == 0 ? SwiotlbConstants.SlotSize - 1 : 0xfff));
    }

    [Theory]
    [InlineData("linux-5.15", false)]
    [InlineData("linux-6.8", false)]
    [InlineData("linux-6.9", true)]
    [InlineData("linux-6.12", true)]
    public void ASyncBelowTheOffsetOfItsSlotMovesNothingBefore69(string kernel, bool moves)
    {
        using var box = new Box(kernel);
        Device device = Box.Device(32);
        device.MinAlignMask = 0xfff;
        ulong original = Buffer + 0x1a40;
        DmaAddress dma = box.Layer.MapPhys(device, new(original), 0x800, From);
        string news = new('d', 0x40);
        box.Write(box.Reach(device, dma) + 0x600, news);
        box.Layer.SyncSingleRangeForCpu(device, dma, 0x600, 0x40, From);
        Assert.Equal(moves ? news : new string('\0', 0x40), box.Read(original + 0x600, 0x40));
        Assert.Equal(!moves, box.Layer.Log.Messages.Any(m => m.Text.Contains("before mapping start", StringComparison.Ordinal)));
        Assert.All(box.Read(original, 0x600), c => Assert.Equal('\0', c));
    }

    [Fact]
    public void Before513APartialSyncStartsAtTheMappingsStart()
    {
        using var box = new Box("linux-5.10");
        Device device = Box.Device(32);
        DmaAddress dma = box.Layer.MapPhys(device, new(Buffer), 0x800, From);
        box.Write(box.Reach(device, dma) + 0x100, "dddd");
        box.Layer.SyncSingleRangeForCpu(device, dma, 0x100, 4, From);
        Assert.Equal("dddd", box.Read(Buffer, 4));
        Assert.Equal("\0\0\0\0", box.Read(Buffer + 0x100, 4));
    }

    [Theory]
    [InlineData("linux-6.1", true)]
    [InlineData("linux-6.8", false)]
    [InlineData("linux-6.9", true)]
    public void LargeBouncesArePageAlignedExceptInBetween(string kernel, bool aligned)
    {
        using var box = new Box(kernel);
        Device device = Box.Device(32);
        box.Layer.MapPhys(device, new(Buffer), 16, To); // takes the first slot, so that the next free one is not page-aligned
        DmaAddress dma = box.Layer.MapPhys(device, new(Buffer + 0x10000), 65536, To);
        Assert.Equal(aligned, dma.Value % 4096 == 0);
        device.MinAlignMask = 0x7ff;
        box.Layer.MapPhys(device, new(Buffer), 16, To);
        Assert.Equal(0UL, box.Layer.MapPhys(device, new(Buffer + 0x10000), 65536, To).Value % 2048);
    }

    [Fact]
    public void TheLargestBounceIs256KiBAndAPageLessWithAPageMask()
    {
        using var box = new Box("linux-6.12", "32768,1");
        Device device = Box.Device(32);
        Assert.Equal(256UL << 10, box.Layer.MaxMappingSize(device));
        Assert.True(box.Layer.MapPhys(device, new(Buffer), 256 << 10, To).IsMapped);
        Assert.False(box.Layer.MapPhys(device, new(Buffer), 512 << 10, To).IsMapped);
        device.MinAlignMask = 0xfff;
        Assert.Equal(252UL << 10, box.Layer.MaxMappingSize(device));
    }

    [Theory]
    [InlineData("linux-5.18", 0UL)]
    [InlineData("linux-6.1", 384UL)]
    [InlineData("linux-6.12", 384UL)]
    public void TheFirstSlotDependsOnAreas(string kernel, ulong slot)
    {
        using var box = new Box(kernel, "1024,8");
        int before = CurrentCpu.Id;
        CurrentCpu.Id = 3;
        try
        {
            Device device = Box.Device(32);
            DmaAddress dma = box.Layer.MapPhys(device, new(Buffer), 4096, To);
            Assert.Equal(slot, (box.Reach(device, dma) - box.Pool.Value) / SwiotlbConstants.SlotSize);
        }
        finally
        {
            CurrentCpu.Id = before;
        }
    }

    [Theory]
    [InlineData(64u, "1-32,65-96")]
    [InlineData(128u, "1-96,129-192")]
    public void ShortLengthsBounceSince65(uint line, string bouncing)
    {
        using var box = new Box("linux-6.12", line: line);
        using var before = new Box("linux-6.4", line: line);
        Device device = Box.Device(64), coherent = Box.Device(64, coherent: true);
        int[][] ranges = [.. bouncing.Split(',').Select(r => r.Split('-').Select(int.Parse).ToArray())];
        for (uint size = 1; size < 300; size++)
        {
            bool expected = ranges.Any(r => size >= r[0] && size <= r[1]);
            foreach (DmaDirection direction in new[] { From, Both })
            {
                Assert.Equal(expected, Bounces(box, device, size, direction, DmaAttributes.None));
                Assert.Equal(expected, Bounces(box, device, size, direction, Skip));
            }

            Assert.False(Bounces(box, device, size, To, DmaAttributes.None));
            Assert.False(Bounces(box, coherent, size, From, DmaAttributes.None));
            Assert.False(Bounces(before, device, size, From, DmaAttributes.None));
        }
    }

    [Theory]
    [InlineData("linux-6.12", true, false)]
    [InlineData("+mercier", true, true)]
    [InlineData("+marinas", true, false)]
    [InlineData("+no-bounce", false, false)]
    [InlineData("linux-7.0", false, false, DmaAttributes.RequireCoherent)]
    [InlineData("linux-6.12", true, false, DmaAttributes.RequireCoherent)]
    public void FivePoliciesAndOnePageAbove4GiB(string kernel, bool mapped, bool marked, DmaAttributes more = DmaAttributes.None)
    {
        using var box = new Box(kernel);
        Device device = Box.Device(32);
        var table = new SgTable(new ScatterlistEntry(new(Buffer), 4096));
        Errno error = box.Layer.MapSgTable(device, table, Both, Skip | more);
        Assert.Equal(mapped ? Errno.None : Errno.IO, error);
        if (mapped)
        {
            Assert.True(box.Layer.IsBounced(device, table.Entries[0].DmaAddress));
            Assert.Equal(marked, (table.Entries[0].Flags & SgDmaFlags.Swiotlb) != 0);
        }
    }

    [Theory]
    [InlineData("linux-6.4", false)]
    [InlineData("linux-6.12", true)]
    [InlineData("+mercier", true)]
    [InlineData("+marinas", false)]
    public void AShortEntryOfA64BitDeviceWithSkip(string kernel, bool bounced)
    {
        using var box = new Box(kernel);
        Assert.Equal(bounced, Bounces(box, Box.Device(64), 96, Both, Skip));
    }

    [Fact]
    public void RequireCoherentRefusesEveryNonCoherentDevice()
    {
        using var box = new Box("linux-7.0");
        Assert.False(box.Layer.MapPhys(Box.Device(64), new(Buffer), 4096, To, DmaAttributes.RequireCoherent).IsMapped);
        Assert.True(box.Layer.MapPhys(Box.Device(64, coherent: true), new(Buffer), 4096, To, DmaAttributes.RequireCoherent).IsMapped);
        Assert.False(box.Layer.MapPhys(Box.Device(32, coherent: true), new(Buffer), 4096, To, DmaAttributes.RequireCoherent).IsMapped);
    }

    [Theory]
    [InlineData("linux-6.12", false)]
    [InlineData("+dynamic", true)]
    public void AFullPoolFailsUnlessPoolsAreMadeAtRunTime(string kernel, bool mapped)
    {
        using var box = new Box(kernel, "128,1");
        ulong next = Box.GiB * 2;
        box.Layer.PlacePool = (slots, _, _) =>
        {
            PhysicalAddress start = new(next);
            next += Align.Up((ulong)slots << SwiotlbConstants.SlotShift, 4096);
            return start;
        };
        Device device = Box.Device(32);
        Assert.True(box.Layer.MapPhys(device, new(Buffer), 256 << 10, To).IsMapped);
        DmaAddress dma = box.Layer.MapPhys(device, new(Buffer), 4096, To);
        Assert.Equal(mapped, dma.IsMapped);
        Assert.Equal(mapped ? 2L : 0, box.Layer.Swiotlb!.TransientSlots);
        if (mapped)
        {
            box.Layer.UnmapPhys(device, dma, 4096, To);
            Assert.Equal(0, box.Layer.Swiotlb.TransientSlots);
        }
    }

    [Theory]
    [InlineData("linux-6.12", 0x8000_0000UL, 0x4000_0000UL)]
    [InlineData("linux-6.18", 0x8000_0000UL, 0x4000_0000UL)]
    public void RegistersAreNotTranslated(string kernel, ulong bar, ulong asRam)
    {
        using var box = new Box(kernel);
        Device device = Box.Device(32);
        device.DmaRanges = [new DmaRange(new(Box.GiB), new(0), 4 * Box.GiB)];
        Assert.Equal(asRam, box.Layer.MapPhys(device, new(bar), 4096, To).Value);
        Assert.Equal(bar, box.Layer.MapResource(device, new(bar), 4096, To).Value);
        if (box.Kernel.Switches.MapPhys)
            Assert.Equal(bar, box.Layer.MapPhys(device, new(bar), 4096, To, DmaAttributes.Mmio).Value);
        else
            Assert.Equal(asRam, box.Layer.MapPhys(device, new(bar), 4096, To, DmaAttributes.Mmio).Value);
    }

    [Theory]
    [InlineData("linux-6.12", true)]
    [InlineData("linux-6.18", false)]
    public void RegistersOfAForcedDeviceFailWhereMmioIsAnAttribute(string kernel, bool mapped)
    {
        using var box = new Box(kernel, "1024,1,force");
        Device device = Box.Device(32);
        Assert.Equal(mapped, box.Layer.MapResource(device, new(0xe000_0000), 4096, To).IsMapped);
        Assert.False(box.Layer.MapResource(Box.Device(30), new(0xe000_0000), 4096, To).IsMapped); // the mask is still tested
    }

    [Theory]
    [InlineData("linux-7.0", true, true)]
    [InlineData("linux-7.1", true, false)]
    [InlineData("linux-7.3-rc", true, false)]
    public void DecryptedMemoryOfAForcedGuest(string kernel, bool mapped, bool bounced)
    {
        using var box = new Box(kernel, "1024,1", Architecture.X86_64, MemoryEncryption.Guest);
        Device device = Box.Device(64, coherent: true);
        DmaAddress dma = box.Layer.MapPhys(device, new(Buffer), 4096, To, DmaAttributes.CcShared);
        Assert.Equal(mapped, dma.IsMapped);
        Assert.Equal(bounced, box.Layer.IsBounced(device, dma));
        Assert.True(box.Layer.IsBounced(device, box.Layer.MapPhys(device, new(Buffer), 4096, To))); // private memory always bounces
    }

    [Fact]
    public void In71TheAttributeFailsOnADeviceThatIsNotForced()
    {
        using var box = new Box("linux-7.1");
        using var later = new Box("linux-7.3-rc");
        Assert.False(box.Layer.MapPhys(Box.Device(64), new(Buffer), 4096, To, DmaAttributes.CcShared).IsMapped);
        Assert.True(later.Layer.MapPhys(Box.Device(64), new(Buffer), 4096, To, DmaAttributes.CcShared).IsMapped);
    }

    [Theory]
    [InlineData("linux-6.9", false)]
    [InlineData("linux-6.10", true)]
    public void CoherentDevicesSkipSyncsUntilTheirFirstBounce(string kernel, bool skips)
    {
        using var box = new Box(kernel);
        Device device = Box.Device(32, coherent: true);
        box.Layer.SetMask(device, DmaMask.Bits(32));
        Assert.Equal(skips, device.SkipSync);
        box.Layer.MapPhys(device, new(2 * Box.GiB), 4096, Both);
        Assert.Equal(skips, device.SkipSync);
        box.Layer.MapPhys(device, new(Buffer), 4096, Both);
        Assert.False(device.SkipSync);
    }

    [Fact]
    public void MayBlockDecidesAsTheKernelBelowIt() =>
        Assert.Equal(new KernelSwitches(), KernelProfiles.Parse("+may-block").Profile!.Switches);

    private static bool Bounces(Box box, Device device, uint size, DmaDirection direction, DmaAttributes attributes)
    {
        DmaAddress dma = box.Layer.MapPhys(device, new(Buffer), size, direction, attributes);
        bool bounced = box.Layer.IsBounced(device, dma);
        box.Layer.UnmapPhys(device, dma, size, direction, attributes);
        return bounced;
    }
}
