using System.Collections.Concurrent;
using Handoff.Coherent;
using Handoff.Kernels;
using Handoff.Pages;
using Handoff.Swiotlb;

namespace Handoff.Core.Tests.Coherent;

/// <summary>Every source of memory, and pools that grow, used by several threads at once: nothing is lost, nothing handed out twice.</summary>
public sealed class ParallelAllocationTests
{
    private const ulong Above = 0x1_4000_0000;

    [Fact]
    public void NothingIsLostOrHandedOutTwice()
    {
        const int threads = 4, rounds = 1500;
        var machine = new Machine { SwiotlbParameter = "512,2" };
        RealMemory memory = RealMemory.For(machine);
        var layer = new DmaLayer<RealMemory>(machine, KernelProfiles.Parse("+dynamic").Profile!, memory);
        var region = new MemoryRange(new(0x6000_0000), 1UL << 20);
        Device[] devices =
        [
            new("plain"), new("snoops") { Coherent = true },
            new("own") { CoherentPool = new DeviceCoherentPool(new(0x7000_0000), new(0x1000), 1 << 20) },
            new("area") { ContiguousArea = new ContiguousArea(region) },
            new("restricted") { RestrictedPool = SwiotlbAllocator.Restricted("restricted", new MemoryRange(new(0x7100_0000), 1UL << 20), dynamic: true) },
        ];
        DmaPool<RealMemory> blocks = layer.CreateDmaPool("blocks", devices[0], 96, 32, 0)!;
        Assert.True(blocks.Allocate() is { } first && layer.AllocCoherent(devices[0], 4096, GfpFlags.Atomic) is { } second
            && Give(blocks, first) && GiveBuffer(layer, devices[0], second)); // pools exist
        ulong free = Free(layer);
        var owners = new ConcurrentDictionary<ulong, int>(); // page of the physical address, for whole-page allocations
        var errors = new ConcurrentQueue<string>();
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(id => new Thread(() => Work(id)))];
        Array.ForEach(workers, static w => w.Start());
        Array.ForEach(workers, static w => w.Join());
        Assert.Empty(errors);
        Assert.Empty(owners);
        Assert.Equal(0, blocks.Active);
        Assert.True(blocks.Destroy());
        Assert.Equal((0L, 0L), (layer.Swiotlb!.Used, layer.Swiotlb.TransientSlots));
        Assert.Equal(0L, devices[4].RestrictedPool!.Used);
        Assert.Equal(region.Size, devices[3].ContiguousArea!.Free);

        // What lasting pools took since is all that is missing; the chunks of the block pool came back.
        ulong grown = ((ulong)layer.Swiotlb.Slots - 512) * SwiotlbConstants.SlotSize;
        Assert.InRange(Free(layer), free - grown, free + (1 << 20));
        memory.Free();

        void Work(int id)
        {
            try
            {
                CurrentCpu.Id = id;
                var random = new Random(id);
                var buffers = new List<(Device Device, DmaBuffer Buffer)>();
                var maps = new List<(DmaAddress Address, uint Size)>();
                var small = new List<DmaBuffer>();
                for (int round = 0; round < rounds; round++)
                {
                    switch (random.Next(6))
                    {
                        case 0:
                            Device device = devices[random.Next(devices.Length)];
                            if (layer.AllocCoherent(device, 1 + (ulong)random.Next(16_384), (random.Next(2) == 0 ? GfpFlags.Kernel : GfpFlags.Atomic) | GfpFlags.NoWarn) is { } buffer)
                            {
                                if (!owners.TryAdd(buffer.Physical.Value, id))
                                    errors.Enqueue($"{buffer} handed out twice");
                                buffers.Add((device, buffer));
                            }

                            break;
                        case 1 when buffers.Count > 0:
                            Drop(random.Next(buffers.Count));
                            break;
                        case 2:
                            uint size = 1 + (uint)random.Next(100_000);
                            DmaAddress dma = layer.MapPhys(devices[1], new(Above), size, DmaDirection.ToDevice, DmaAttributes.NoWarn);
                            if (dma.IsMapped)
                                maps.Add((dma, size));
                            break;
                        case 3 when maps.Count > 0:
                            layer.UnmapPhys(devices[1], maps[^1].Address, maps[^1].Size, DmaDirection.ToDevice);
                            maps.RemoveAt(maps.Count - 1);
                            break;
                        case 4:
                            small.Add(blocks.Allocate()!);
                            break;
                        default:
                            if (random.Next(20) == 0)
                                layer.RunDeferredWork();
                            if (small.Count > 0)
                            {
                                blocks.Free(small[^1]);
                                small.RemoveAt(small.Count - 1);
                            }

                            break;
                    }
                }

                while (buffers.Count > 0)
                    Drop(buffers.Count - 1);
                maps.ForEach(m => layer.UnmapPhys(devices[1], m.Address, m.Size, DmaDirection.ToDevice));
                small.ForEach(blocks.Free);

                void Drop(int which)
                {
                    (Device device, DmaBuffer buffer) = buffers[which];
                    buffers.RemoveAt(which);
                    if (!owners.TryRemove(buffer.Physical.Value, out _))
                        errors.Enqueue($"{buffer} was not held");
                    layer.FreeCoherent(device, buffer);
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                errors.Enqueue(e.ToString());
            }
        }
    }

    private static bool Give(DmaPool<RealMemory> pool, DmaBuffer block)
    {
        pool.Free(block);
        return true;
    }

    private static bool GiveBuffer(DmaLayer<RealMemory> layer, Device device, DmaBuffer buffer)
    {
        layer.FreeCoherent(device, buffer);
        return true;
    }

    private static ulong Free(DmaLayer<RealMemory> layer) =>
        layer.KernelMemory.Pages.FreeBytes(MemoryZone.Dma) + layer.KernelMemory.Pages.FreeBytes(MemoryZone.Dma32) + layer.KernelMemory.Pages.FreeBytes(MemoryZone.Normal);
}
