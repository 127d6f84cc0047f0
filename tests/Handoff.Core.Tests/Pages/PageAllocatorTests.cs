using CsCheck;
using Handoff.Pages;

namespace Handoff.Core.Tests.Pages;

/// <summary>Zones, alignment and conservation of the page allocator; size classes of small objects.</summary>
public sealed class PageAllocatorTests
{
    [Fact]
    public void OnlyRamIsGivenBack()
    {
        var pages = new PageAllocator(new Machine());
        Assert.Throws<InvalidOperationException>(() => pages.Free(new PhysicalAddress(0x1000), 0)); // below RAM
        Assert.Throws<InvalidOperationException>(() => pages.Free(new PhysicalAddress(ulong.MaxValue - 4095), 4096UL));
        Assert.Throws<InvalidOperationException>(() => pages.Free(new PhysicalAddress(1UL << 30), 0UL));
        Assert.Null(pages.AllocateWithin(-1, new(0), new(ulong.MaxValue)));
        Assert.Null(pages.AllocateWithin(64, new(0), new(ulong.MaxValue)));
        Assert.Equal(0, pages.OrderOf(0));
        Assert.Null(pages.Allocate(pages.OrderOf(ulong.MaxValue)));
    }

    private const ulong GiB = 1UL << 30;

    [Theory]
    [InlineData(0x4000_0000UL, 8 * GiB, ulong.MaxValue, 0xffff_ffffUL, 0x1_0000_0000UL, 0x1_0000_0000UL)]
    [InlineData(0UL, 8 * GiB, 0x3fff_ffffUL, 0x3fff_ffffUL, 0x4000_0000UL, 0x1_0000_0000UL)]
    [InlineData(0x8000_0000UL, 2 * GiB, ulong.MaxValue, 0xffff_ffffUL, 0x1_0000_0000UL, 0x1_0000_0000UL)]
    [InlineData(0x80_0000_0000UL, 8 * GiB, ulong.MaxValue, ulong.MaxValue, 0x82_0000_0000UL, 0x82_0000_0000UL)]
    public void Arm64Zones(ulong start, ulong size, ulong deviceTree, ulong dmaLimit, ulong dmaEnd, ulong dma32End)
    {
        MemoryZones zones = new Machine { Ram = new RamMap(new MemoryRange(new(start), size)), DeviceTreeDmaLimit = deviceTree }.Zones;
        Assert.Equal((dmaLimit, dmaEnd, dma32End), (zones.DmaLimit, zones.DmaEnd.Value, zones.Dma32End.Value));
    }

    [Fact]
    public void X86Zones()
    {
        MemoryZones zones = X86().Zones;
        Assert.Equal((0xff_ffffUL, 16UL << 20, 4 * GiB), (zones.DmaLimit, zones.DmaEnd.Value, zones.Dma32End.Value));
    }

    [Fact]
    public void ARequestFallsBackDownwardsOnly()
    {
        var pages = new PageAllocator(X86());
        Assert.True(pages.Allocate(0)!.Value.Value >= 4 * GiB);
        Assert.InRange(pages.Allocate(0, GfpFlags.Dma32)!.Value.Value, 16UL << 20, (4 * GiB) - 1);
        while (pages.Allocate(PageAllocator.MaxOrder, GfpFlags.Dma32) is { } block)
            Assert.True(block.Value < 4 * GiB);
        Assert.True(pages.FreeBytes(MemoryZone.Normal) > 0);
        Assert.Null(pages.Allocate(PageAllocator.MaxOrder + 1));
    }

    [Fact]
    public void BlocksAreAlignedDisjointAndComeBack() =>
        Gen.Select(Gen.Int[0, PageAllocator.MaxOrder], Gen.Int[0, 2], Gen.Bool).Array[1, 200].Sample(steps =>
        {
            var pages = new PageAllocator(new Machine { Ram = new RamMap(new MemoryRange(new(0x1000_3000), 64UL << 20)) });
            ulong before = Free(pages);
            var live = new List<(ulong Start, int Order)>();
            foreach ((int order, int zone, bool release) in steps)
            {
                if (release && live.Count > 0)
                {
                    pages.Free(new(live[0].Start), live[0].Order);
                    live.RemoveAt(0);
                }
                else if (pages.Allocate(order, (GfpFlags)(zone * 2)) is { } block)
                {
                    ulong size = 4096UL << order;
                    Assert.Equal(0UL, block.Value % size);
                    Assert.DoesNotContain(live, l => block.Value < l.Start + (4096UL << l.Order) && l.Start < block.Value + size);
                    live.Add((block.Value, order));
                }

                Assert.Equal(before - live.Aggregate(0UL, (sum, l) => sum + (4096UL << l.Order)), Free(pages));
            }

            foreach ((ulong start, int order) in live)
                pages.Free(new(start), order);
            Assert.Equal(before, Free(pages));
        });

    [Fact]
    public void FreeingTwiceIsNoticed()
    {
        var pages = new PageAllocator(X86());
        PhysicalAddress block = pages.Allocate(3)!.Value;
        pages.Free(block, 3);
        Assert.Throws<InvalidOperationException>(() => pages.Free(block, 3));
    }

    [Theory]
    [InlineData(0UL, 8u, 0UL)]
    [InlineData(1UL, 8u, 8UL)]
    [InlineData(24UL, 8u, 32UL)]
    [InlineData(65UL, 8u, 96UL)]
    [InlineData(97UL, 8u, 128UL)]
    [InlineData(129UL, 8u, 192UL)]
    [InlineData(193UL, 8u, 256UL)]
    [InlineData(8192UL, 8u, 8192UL)]
    [InlineData(8193UL, 8u, 12288UL + 4096UL)]
    [InlineData(24UL, 64u, 64UL)]
    [InlineData(65UL, 64u, 128UL)]
    [InlineData(129UL, 64u, 192UL)]
    [InlineData(129UL, 128u, 256UL)]
    public void KmallocClasses(ulong size, uint minAlign, ulong rounded) => Assert.Equal(rounded, KmallocSizes.RoundUp(size, minAlign));

    [Fact]
    public void SmallObjectsShareACacheLine()
    {
        var objects = new Kmalloc(new PageAllocator(X86()), 8);
        PhysicalAddress a = objects.Allocate(24)!.Value, b = objects.Allocate(24)!.Value;
        Assert.Equal(32UL, b - a);
        Assert.Equal(a.Value / 64, b.Value / 64);
        objects.Free(a);
        Assert.Equal(a, objects.Allocate(30)!.Value);
        Assert.Throws<InvalidOperationException>(() => objects.Free(new(12345)));
    }

    private static Machine X86() => new() { Architecture = Architecture.X86_64, Ram = RamMap.Usual(Architecture.X86_64, 8 * GiB) };

    private static ulong Free(PageAllocator pages) =>
        pages.FreeBytes(MemoryZone.Dma) + pages.FreeBytes(MemoryZone.Dma32) + pages.FreeBytes(MemoryZone.Normal);
}
