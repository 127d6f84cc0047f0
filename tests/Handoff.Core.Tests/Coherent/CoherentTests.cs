using Handoff.Coherent;
using Handoff.Kernels;
using Handoff.Pages;
using Handoff.Swiotlb;

namespace Handoff.Core.Tests.Coherent;

/// <summary>Coherent and non-coherent allocation: sources, zones, retries, views, pools.</summary>
public sealed class CoherentTests
{
    private const ulong GiB = 1UL << 30;

    [Theory]
    [InlineData(64, 0UL, 4 * GiB, ulong.MaxValue)]
    [InlineData(40, 0UL, 4 * GiB, ulong.MaxValue)] // 8 GiB of RAM are within 40 bits
    [InlineData(32, 0UL, 16UL << 20, 0xffff_ffffUL)]
    [InlineData(31, 0UL, 0UL, 0x7fff_ffffUL)]
    [InlineData(24, 0UL, 0UL, 0xff_ffffUL)]
    [InlineData(64, 0x3fff_ffffUL, 0UL, 0x3fff_ffffUL)]
    public void MemoryLiesWithinTheCoherentMask(int bits, ulong busLimit, ulong lowest, ulong highest)
    {
        DmaLayer<CountingMemory> layer = Layer(X86(8));
        var device = new Device("dev") { CoherentDmaMask = DmaMask.Bits(bits), BusDmaLimit = busLimit };
        DmaBuffer buffer = layer.AllocCoherent(device, 20_000)!;
        Assert.InRange(buffer.Physical.Value, lowest, highest - 20_000);
        Assert.Equal(0UL, buffer.Physical.Value % 32768); // aligned to its order
        Assert.Equal((CpuView.Cached, MemorySource.Pages), (buffer.View, buffer.Source));
        ulong before = Free(layer);
        layer.FreeCoherent(device, buffer);
        Assert.Equal(before + 32768, Free(layer));
    }

    [Fact]
    public void AMaskOf33BitsIsServedByRetryingInDma32()
    {
        // RAM only above 8 GiB in the NORMAL zone: the first page is out of reach, so the DMA32 zone is asked.
        var machine = new Machine
        {
            Architecture = Architecture.X86_64,
            Ram = new RamMap(new MemoryRange(new(0), GiB), new MemoryRange(new(8 * GiB), GiB)),
        };
        DmaLayer<CountingMemory> layer = Layer(machine);
        DmaBuffer buffer = layer.AllocCoherent(new Device("dev") { CoherentDmaMask = DmaMask.Bits(33) }, 4096)!;
        Assert.InRange(buffer.Physical.Value, 16UL << 20, GiB);
    }

    [Fact]
    public void ANonCoherentDeviceGetsASecondMappingAndMayUseTheContiguousArea()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        var device = new Device("dev");
        DmaBuffer one = layer.AllocCoherent(device, 64)!, many = layer.AllocCoherent(device, 8192)!;
        Assert.Equal((CpuView.NonCacheable, MemorySource.Pages), (one.View, one.Source));
        Assert.Equal((CpuView.NonCacheable, MemorySource.Contiguous), (many.View, many.Source));
        Assert.True(layer.Machine.IsVmalloc(many.Cpu));
        Assert.True(layer.KernelMemory.Cma!.Value.Contains(many.Physical, 8192));
        Assert.True(layer.Memory.MaintenanceOperations >= 2); // the alias is cleaned first
    }

    [Fact]
    public void WithoutSleepingANonCoherentDeviceUsesTheAtomicPools()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine { Ram = RamMap.Usual(Architecture.Arm64, 6 * GiB) });
        var device = new Device("dev");
        DmaBuffer buffer = layer.AllocCoherent(device, 4096, GfpFlags.Atomic)!;
        Assert.Equal(MemorySource.AtomicPool, buffer.Source);
        Assert.Equal(1UL << 20, layer.KernelMemory.AtomicPoolSize(GfpFlags.Dma)); // 768 KiB, rounded up to a block
        Assert.Equal(new PhysicalAddress(0xfe10_0000), buffer.Physical); // the second block of the contiguous area
        Assert.Null(layer.AllocCoherent(device, 4 << 20, GfpFlags.Atomic));
        Assert.Contains(layer.Log.Messages, m => m.Text == "DMA pool exhausted for dev");
        layer.FreeCoherent(device, buffer);
        Assert.Equal(buffer.Physical, layer.AllocCoherent(device, 4096, GfpFlags.Atomic)!.Physical);
    }

    [Theory]
    [InlineData(1UL, 128UL)]
    [InlineData(2UL, 256UL)]
    [InlineData(8UL, 1024UL)]
    [InlineData(64UL, 4096UL)]
    public void AtomicPoolsAre128KiBPerGiB(ulong gib, ulong kib) =>
        Assert.Equal(kib << 10, Layer(new Machine { Ram = RamMap.Usual(Architecture.Arm64, gib * GiB) }).KernelMemory.InitialAtomicSize);

    [Fact]
    public void AtomicPoolsGrowInTheBackground()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine { Ram = RamMap.Usual(Architecture.Arm64, 2 * GiB) });
        var device = new Device("dev");
        ulong before = layer.KernelMemory.AtomicPoolSize(GfpFlags.Dma);
        layer.AllocCoherent(device, 64 << 10, GfpFlags.Atomic);
        Assert.Equal(before, layer.KernelMemory.AtomicPoolSize(GfpFlags.Dma));
        layer.RunDeferredWork();
        Assert.Equal(2 * before, layer.KernelMemory.AtomicPoolSize(GfpFlags.Dma));
    }

    [Fact]
    public void ADevicePoolIsTheOnlySource()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        var device = new Device("dev") { CoherentPool = new DeviceCoherentPool(new(0x9000_0000), new(0x1000), 16384) };
        DmaBuffer first = layer.AllocCoherent(device, 5000)!;
        Assert.Equal((new DmaAddress(0x1000), MemorySource.DevicePool), (first.Dma, first.Source));
        Assert.Equal(new DmaAddress(0x3000), layer.AllocCoherent(device, 8192)!.Dma);
        Assert.Null(layer.AllocCoherent(device, 1));
        layer.FreeCoherent(device, first);
        Assert.Equal(new DmaAddress(0x1000), layer.AllocCoherent(device, 1)!.Dma);
    }

    [Fact]
    public void RestrictedPoolsServeMapsAndAllocations()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        SwiotlbAllocator pool = SwiotlbAllocator.Restricted("restricted", new MemoryRange(new(0x7000_0000), 1UL << 20));
        var device = new Device("dev") { RestrictedPool = pool, DmaMask = ulong.MaxValue, Coherent = true };
        DmaBuffer buffer = layer.AllocCoherent(device, 10_000)!;
        Assert.Equal((MemorySource.RestrictedPool, new PhysicalAddress(0x7000_0000)), (buffer.Source, buffer.Physical));
        Assert.Equal(6, pool.Used); // whole pages: 12 KiB
        Assert.Equal(new DmaAddress(0x7000_3000), layer.MapPhys(device, new(0x5000_0000), 100, DmaDirection.ToDevice));
        Assert.Null(layer.AllocCoherent(device, 512 << 10)); // more than a segment
        layer.FreeCoherent(device, buffer);
        Assert.Equal(1, pool.Used);
        Assert.Equal(0, layer.Swiotlb!.Used);
    }

    [Fact]
    public void CookiesAreNotZeroedAndNotMapped()
    {
        DmaLayer<CountingMemory> layer = Layer(X86(8));
        DmaBuffer cookie = layer.AllocAttrs(new Device("dev"), 4096, GfpFlags.Kernel, DmaAttributes.NoKernelMapping)!;
        Assert.Equal(CpuView.None, cookie.View);
    }

    [Fact]
    public void ADevicesOwnContiguousAreaServesEverySizeAndNobodyElse()
    {
        var region = new MemoryRange(new(0x6000_0000), 64 << 10);
        DmaLayer<CountingMemory> layer = Layer(new Machine { Reserved = [region] });
        var device = new Device("dev") { ContiguousArea = new ContiguousArea(region) };
        DmaBuffer one = layer.AllocCoherent(device, 64)!, many = layer.AllocCoherent(device, 32 << 10)!;
        Assert.Equal((region.Start, MemorySource.Contiguous), (one.Physical, one.Source));
        Assert.Equal((region.Start + (32 << 10), MemorySource.Contiguous), (many.Physical, many.Source)); // aligned to its size
        Assert.Equal(28UL << 10, device.ContiguousArea.Free);

        // Full: ordinary pages, not the default area. And no ordinary page lies in the region.
        DmaBuffer other = layer.AllocCoherent(device, 32 << 10)!;
        Assert.Equal(MemorySource.Pages, other.Source);
        Assert.False(layer.KernelMemory.Pages.TryAllocateAt(region.Start, 4096));
        foreach (DmaBuffer buffer in (DmaBuffer[])[many, other, one])
            layer.FreeCoherent(device, buffer);
        Assert.Equal(region.Size, device.ContiguousArea.Free);
    }

    [Fact]
    public void RefusedArguments()
    {
        DmaLayer<CountingMemory> layer = Layer(X86(8));
        var device = new Device("dev");
        Assert.Null(layer.AllocCoherent(device, 4096, GfpFlags.Kernel | GfpFlags.Comp));
        Assert.Null(layer.AllocPages(device, 4096, DmaDirection.FromDevice, GfpFlags.Kernel | GfpFlags.Dma32));
        Assert.Null(layer.AllocNoncontiguous(device, 4096, DmaDirection.FromDevice, GfpFlags.Kernel, DmaAttributes.WriteCombine, out _));
        Assert.NotNull(layer.AllocCoherent(device, 4096, GfpFlags.Kernel | GfpFlags.Dma32)); // zone flags are dropped here
        Assert.Throws<NotSupportedException>(() => layer.AllocCoherent(new Device("dev") { BehindIommu = true }, 4096));
    }

    [Fact]
    public void PagesAndNoncontiguousMemory()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        var device = new Device("dev");
        DmaBuffer pages = layer.AllocPages(device, 12288, DmaDirection.FromDevice)!;
        Assert.Equal((CpuView.Cached, layer.Machine.ToVirtual(pages.Physical)), (pages.View, pages.Cpu));
        SgTable table = layer.AllocNoncontiguous(device, 65536, DmaDirection.Bidirectional, GfpFlags.Kernel, DmaAttributes.None, out DmaBuffer? memory)!;
        Assert.Equal((1, 1, 65536u), (table.Nents, table.OrigNents, table.Entries[0].DmaLength));
        layer.FreeNoncontiguous(device, memory, DmaDirection.Bidirectional);
        Assert.Equal(Errno.None, layer.Mmap(pages, 2, 1));
        Assert.Equal(Errno.NoSuchDeviceOrAddress, layer.Mmap(pages, 2, 2));
        Assert.Equal(Errno.NoSuchDeviceOrAddress, layer.Mmap(pages, 3, 0));
    }

    [Theory]
    [InlineData(100UL, 64UL, 0UL, 128UL, 32, "0,128,256,384")]
    [InlineData(96UL, 32UL, 256UL, 96UL, 32, "0,96,256,352,512")]
    [InlineData(1500UL, 4UL, 2048UL, 1500UL, 2, "0,2048")]
    [InlineData(1UL, 1UL, 0UL, 16UL, 256, "0,16,32")]
    [InlineData(5000UL, 16UL, 8192UL, 5008UL, 1, "0")]
    public void DmaPoolLayout(ulong size, ulong align, ulong boundary, ulong blockSize, int perChunk, string offsets)
    {
        DmaPool<CountingMemory> pool = Layer(X86(8)).CreateDmaPool("pool", new Device("dev"), size, align, boundary)!;
        Assert.Equal((blockSize, perChunk), (pool.BlockSize, pool.Offsets.Count()));
        ulong[] expected = [.. offsets.Split(',').Select(ulong.Parse)];
        Assert.Equal(expected, pool.Offsets.Take(expected.Length));
    }

    [Theory]
    [InlineData(0UL, 1UL, 0UL)]
    [InlineData(64UL, 3UL, 0UL)]
    [InlineData(64UL, 64UL, 32UL)]
    [InlineData(64UL, 64UL, 96UL)]
    [InlineData(1UL << 31, 1UL, 0UL)]
    public void DmaPoolRefuses(ulong size, ulong align, ulong boundary) =>
        Assert.Null(Layer(X86(8)).CreateDmaPool("pool", new Device("dev"), size, align, boundary));

    [Fact]
    public void DmaPoolIsLastInFirstOutAndLeaksWhenBusy()
    {
        DmaLayer<CountingMemory> layer = Layer(X86(8));
        DmaPool<CountingMemory> pool = layer.CreateDmaPool("pool", new Device("dev"), 128, 128, 0)!;
        DmaBuffer a = pool.Allocate()!, b = pool.Allocate()!;
        Assert.Equal(128UL, b.Dma - a.Dma);
        pool.Free(a);
        Assert.Equal(a.Dma, pool.Allocate()!.Dma);
        pool.Free(b);
        Assert.Throws<InvalidOperationException>(() => pool.Free(b));
        Assert.False(pool.Destroy());
        Assert.Contains(layer.Log.Messages, m => m.Text == "dma_pool_destroy pool busy");
    }

    [Fact]
    public void FullPoolsGrowAndSingleRequestsGetTransientPools()
    {
        var machine = new Machine { SwiotlbParameter = "512,1", Cpus = 1 };
        DmaLayer<CountingMemory> layer = Layer(machine, new KernelSwitches { DynamicPools = true });
        var device = new Device("dev");
        DmaAddress[] big = [.. Enumerable.Range(0, 4).Select(_ => layer.MapPhys(device, new(0x1_5000_0000), 262144, DmaDirection.ToDevice))];
        Assert.All(big, d => Assert.True(d.IsMapped));
        DmaAddress extra = layer.MapPhys(device, new(0x1_5000_0000), 4096, DmaDirection.ToDevice);
        Assert.True(extra.IsMapped);
        Assert.False(layer.Swiotlb!.DefaultPool.Contains(new(extra.Value)));
        Assert.Equal((2L, 514L), (layer.Swiotlb.TransientSlots, layer.Swiotlb.HighWater));
        layer.UnmapPhys(device, extra, 4096, DmaDirection.ToDevice);
        Assert.Equal(0L, layer.Swiotlb.TransientSlots);
        Assert.Equal(1, layer.RunDeferredWork());
        Assert.Equal(1024L, layer.Swiotlb.Slots);
        Assert.True(layer.MapPhys(device, new(0x1_5000_0000), 4096, DmaDirection.ToDevice).IsMapped);
        Assert.Equal(0L, layer.Swiotlb.TransientSlots);
        foreach (DmaAddress address in big)
            layer.UnmapPhys(device, address, 262144, DmaDirection.ToDevice);
        Assert.Equal(2, layer.Swiotlb.Used);
    }

    private static Machine X86(ulong gib) => new() { Architecture = Architecture.X86_64, Ram = RamMap.Usual(Architecture.X86_64, gib * GiB) };

    private static DmaLayer<CountingMemory> Layer(Machine machine, KernelSwitches? switches = null) =>
        new(machine, new KernelProfile("test", switches ?? new KernelSwitches(), ""), default);

    private static ulong Free(DmaLayer<CountingMemory> layer) =>
        layer.KernelMemory.Pages.FreeBytes(MemoryZone.Dma) + layer.KernelMemory.Pages.FreeBytes(MemoryZone.Dma32) + layer.KernelMemory.Pages.FreeBytes(MemoryZone.Normal);
}
