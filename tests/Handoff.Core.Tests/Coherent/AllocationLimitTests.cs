using System.Collections.Concurrent;
using Handoff.Coherent;
using Handoff.Core.Tests.Kernels;
using Handoff.Kernels;
using Handoff.Pages;
using Handoff.Swiotlb;

namespace Handoff.Core.Tests.Coherent;

/// <summary>Allocations at the edge, memory that comes back to the wrong place, and small rules of each source.</summary>
public sealed class AllocationLimitTests
{
    private const ulong GiB = 1UL << 30;

    [Theory]
    [InlineData(0UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 4095)]
    [InlineData((1UL << 63) + 1)]
    [InlineData(1UL << 40)]
    public void SizesThatNoSourceServes(ulong size)
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        var pool = new DeviceCoherentPool(new(0x7000_0000), new(0x1000), 16384);
        var restricted = SwiotlbAllocator.Restricted("restricted", new MemoryRange(new(0x7100_0000), 1UL << 20));
        Device[] devices =
        [
            new("plain"), new("coherent") { Coherent = true }, new("own") { CoherentPool = pool }, new("restricted") { RestrictedPool = restricted },
            new("area") { ContiguousArea = new ContiguousArea(new MemoryRange(new(0x7200_0000), 1UL << 20)) },
        ];
        foreach (Device device in devices)
        {
            Assert.Null(layer.AllocCoherent(device, size));
            Assert.Null(layer.AllocCoherent(device, size, GfpFlags.Atomic));
            Assert.Null(layer.AllocAttrs(device, size, GfpFlags.Kernel, DmaAttributes.NoKernelMapping));
            if (device.CoherentPool is null)
            {
                Assert.Null(layer.AllocPages(device, size, DmaDirection.ToDevice));
                Assert.Null(layer.AllocNoncontiguous(device, size, DmaDirection.ToDevice, GfpFlags.Kernel, DmaAttributes.None, out _));
            }
        }
    }

    [Fact]
    public void MemoryGoesBackWhereItCameFromOrNowhere()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        var plain = new Device("plain");
        var own = new Device("own") { CoherentPool = new DeviceCoherentPool(new(0x7000_0000), new(0x1000), 16384) };
        var other = new Device("other") { CoherentPool = new DeviceCoherentPool(new(0x7800_0000), new(0x1000), 16384) };
        var restricted = new Device("restricted") { RestrictedPool = SwiotlbAllocator.Restricted("restricted", new MemoryRange(new(0x7100_0000), 1UL << 20)) };
        foreach (Device device in (Device[])[own, restricted, plain])
        {
            foreach (GfpFlags gfp in (GfpFlags[])[GfpFlags.Kernel, GfpFlags.Atomic])
            {
                DmaBuffer buffer = layer.AllocCoherent(device, 8192, gfp)!;
                foreach (Device wrong in (Device[])[plain, own, other, restricted])
                {
                    if (wrong != device && buffer.Source is MemorySource.DevicePool or MemorySource.RestrictedPool)
                        Assert.Throws<InvalidOperationException>(() => layer.FreeCoherent(wrong, buffer));
                }

                layer.FreeCoherent(device, buffer);
                Assert.Throws<InvalidOperationException>(() => layer.FreeCoherent(device, buffer)); // twice
            }
        }
    }

    [Fact]
    public void AWholePageIsZeroedAndNoDirtyLineStays()
    {
        using var box = new Box("linux-6.12");
        Device device = Box.Device(32);
        DmaBuffer first = box.Layer.AllocCoherent(device, 4096, GfpFlags.Atomic)!;
        box.Memory.Bytes(first.Physical, 4096).Fill(0xee);
        box.Layer.FreeCoherent(device, first);
        DmaBuffer second = box.Layer.AllocCoherent(device, 100, GfpFlags.Atomic)!;
        Assert.Equal((first.Physical, MemorySource.AtomicPool), (second.Physical, second.Source));
        Assert.Equal(new byte[4096], box.Memory.Bytes(second.Physical, 4096).ToArray());

        // Counted: the alias is cleaned before and after the zeroes where the device reads past the cache.
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        layer.AllocCoherent(new Device("dev"), 4096, GfpFlags.Atomic);
        Assert.Equal(2UL, layer.Memory.MaintenanceOperations);
        layer.AllocCoherent(new Device("own") { CoherentPool = new DeviceCoherentPool(new(0x7000_0000), new(0x1000), 16384) }, 4096);
        Assert.Equal(4UL, layer.Memory.MaintenanceOperations);
        layer.AllocCoherent(new Device("snoops") { Coherent = true }, 4096, GfpFlags.Atomic);
        Assert.Equal(4UL, layer.Memory.MaintenanceOperations);
    }

    [Fact]
    public void CookiesKeepTheBytesOfTheLastOwner()
    {
        using var box = new Box("linux-6.12");
        Device device = Box.Device(32, coherent: true);
        DmaBuffer first = box.Layer.AllocCoherent(device, 4096)!;
        box.Memory.Bytes(first.Physical, 4096).Fill(0xee);
        box.Layer.FreeCoherent(device, first);
        DmaBuffer cookie = box.Layer.AllocAttrs(device, 4096, GfpFlags.Kernel, DmaAttributes.NoKernelMapping)!;
        Assert.Equal((first.Physical, CpuView.None, (byte)0xee), (cookie.Physical, cookie.View, box.Memory.Bytes(cookie.Physical, 1)[0]));
    }

    [Theory]
    [InlineData(2UL * GiB + 4096, null, 256UL << 10)] // rounded down to whole pages
    [InlineData(2UL * GiB + (33UL << 20), null, (256UL << 10) + 4096)]
    [InlineData(2UL * GiB, 1UL << 20, 1UL << 20)] // coherent_pool=1M
    public void TheAtomicPoolsSize(ulong ram, ulong? parameter, ulong expected) =>
        Assert.Equal(expected, Layer(new Machine { Ram = RamMap.Usual(Architecture.Arm64, ram), CoherentPoolSize = parameter }).KernelMemory.InitialAtomicSize);

    [Fact]
    public void WithoutAnAtomicPoolTheMessageSaysSo()
    {
        // No memory at all for pools: everything is reserved.
        var machine = new Machine { Ram = RamMap.Usual(Architecture.Arm64, 64UL << 20), Reserved = [new MemoryRange(new(GiB), 64UL << 20)], CmaSize = 0, SwiotlbParameter = "noforce" };
        DmaLayer<CountingMemory> layer = Layer(machine);
        Assert.Null(layer.AllocCoherent(new Device("dev"), 4096, GfpFlags.Atomic));
        Assert.Contains(layer.Log.Messages, m => m.Text == "Failed to get suitable pool for dev");
        Assert.Equal(0UL, layer.KernelMemory.AtomicPoolSize(GfpFlags.Dma));
    }

    [Fact]
    public void WithoutPagesInTheDmaZoneThereIsNoDmaPool()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine { Architecture = Architecture.X86_64, Ram = new RamMap(new MemoryRange(new(GiB), GiB)) });
        Assert.Equal(0UL, layer.KernelMemory.AtomicPoolSize(GfpFlags.Dma));
        Assert.NotEqual(0UL, layer.KernelMemory.AtomicPoolSize(GfpFlags.Kernel));
    }

    [Fact]
    public void CoherentMemoryIsDeclaredOnce()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine());
        var device = new Device("dev") { DmaRanges = [new DmaRange(new(GiB), new(0), 8 * GiB)] };
        Assert.Equal(Errno.Invalid, layer.DeclareCoherentMemory(device, new(0x7000_0000), new(0), 4095));
        Assert.Equal(Errno.Invalid, layer.DeclareCoherentMemory(device, new(0x7000_0001), new(0), 4096));
        Assert.Equal(Errno.Invalid, layer.DeclareCoherentMemory(device, new(0x7000_0000), new(ulong.MaxValue - 100), 4096));
        Assert.Equal(Errno.NoDevice, layer.DeclareCoherentMemory(null, new(0x7000_0000), new(0), 4096));
        Assert.Equal(Errno.None, layer.AttachReservedMemory(device, new MemoryRange(new(0x7000_0000), 8192)));
        Assert.Equal(new DmaAddress(0x3000_0000), layer.AllocCoherent(device, 4096)!.Dma);
        Assert.Equal(Errno.Busy, layer.DeclareCoherentMemory(device, new(0x7000_0000), new(0), 4096));
        Assert.DoesNotContain(layer.Log.Messages, m => m.Text.Contains("beyond", StringComparison.Ordinal));

        var narrow = new Device("narrow") { CoherentDmaMask = 0xff_ffff };
        Assert.Equal(Errno.None, layer.AttachReservedMemory(narrow, new MemoryRange(new(0x7000_0000), 8192)));
        Assert.Contains(layer.Log.Messages, m => m.Text.Contains("beyond", StringComparison.Ordinal));
    }

    [Fact]
    public void ADevicePoolIsWholePagesWithinTheAddressSpace()
    {
        Assert.Throws<ArgumentException>(() => new DeviceCoherentPool(new(0), new(0), 4096, 0));
        Assert.Throws<ArgumentException>(() => new DeviceCoherentPool(new(100), new(0), 4096));
        Assert.Throws<ArgumentException>(() => new DeviceCoherentPool(new(ulong.MaxValue - 4095), new(0), 8192));
    }

    [Fact]
    public void ABufferOf4GiBIsNoEntryOfAList() =>
        Assert.Throws<ArgumentException>(() => Layer(new Machine()).GetSgTable(
            new DmaBuffer(default, default, default, 4 * GiB, CpuView.Cached, MemorySource.Contiguous)));

    [Fact]
    public void APoolOfHugeBlocksHasOneBlockAChunk()
    {
        DmaPool<CountingMemory> pool = Layer(new Machine()).CreateDmaPool("pool", new Device("dev"), 1, 1UL << 63, 0)!;
        Assert.Equal([0UL], pool.Offsets.Take(10));
        Assert.Null(pool.Allocate());
    }

    [Fact]
    public void ADestroyedPoolServesNobody()
    {
        DmaPool<CountingMemory> pool = Layer(new Machine()).CreateDmaPool("pool", new Device("dev"), 64, 64, 0)!;
        Assert.True(pool.Destroy());
        Assert.Throws<ObjectDisposedException>(() => pool.Allocate());
    }

    [Fact]
    public void SmallObjectsMayBeTakenByManyThreads()
    {
        Kmalloc objects = Layer(new Machine()).KernelMemory.Objects;
        var taken = new ConcurrentBag<ulong>();
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 3000; i++)
            {
                PhysicalAddress address = objects.Allocate(64)!.Value;
                if (i % 3 == 0)
                    objects.Free(address);
                else
                    taken.Add(address.Value);
            }
        });
        Assert.Equal(8000, taken.Count);
        Assert.Equal(8000, taken.Distinct().Count());
    }

    private static DmaLayer<CountingMemory> Layer(Machine machine) => new(machine, KernelProfiles.Default, default);
}
