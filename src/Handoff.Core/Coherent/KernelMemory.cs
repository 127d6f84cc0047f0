using Handoff.Pages;
using Handoff.Swiotlb;

namespace Handoff.Coherent;

/// <summary>The kernel's sources of memory on one booted machine: pages, the contiguous area, atomic pools, small objects.</summary>
/// <remarks>Made when first used; a layer that only maps never pays for it.</remarks>
public sealed class KernelMemory
{
    private readonly Lock _lock = new();
    private readonly ContiguousArea? _cma;
    private readonly AtomicPool[] _atomic;
    private ulong _nextMapping;

    internal KernelMemory(Machine machine, SwiotlbAllocator? swiotlb, uint kmallocMinAlign)
    {
        Machine = machine;
        Cma = EarlyMemory.Cma(machine);
        var reserved = new List<MemoryRange>(machine.Reserved);
        if (Cma is { } cma)
        {
            reserved.Add(cma);
            _cma = new ContiguousArea(cma);
        }

        if (swiotlb is not null)
            reserved.Add(new MemoryRange(swiotlb.DefaultPool.Start, swiotlb.DefaultPool.Size));
        Pages = new PageAllocator(machine, reserved);
        Objects = new Kmalloc(Pages, kmallocMinAlign);
        _nextMapping = machine.VmallocStart;

        _atomic = machine.ZoneDma
            ? [new AtomicPool(GfpFlags.Kernel), new AtomicPool(GfpFlags.Dma), new AtomicPool(GfpFlags.Dma32)]
            : [new AtomicPool(GfpFlags.Kernel), new AtomicPool(GfpFlags.Dma32)];
        InitialAtomicSize = Math.Max(Math.Min(Align.Up(machine.Ram.TotalSize / 8192, machine.PageSize), (ulong)machine.PageSize << PageAllocator.MaxOrder), 128UL << 10);
        foreach (AtomicPool pool in _atomic)
            Expand(pool, InitialAtomicSize);
    }

    /// <summary>The machine.</summary>
    public Machine Machine { get; }

    /// <summary>Whole pages.</summary>
    public PageAllocator Pages { get; }

    /// <summary>Small objects.</summary>
    public Kmalloc Objects { get; }

    /// <summary>The default contiguous area, if there is one.</summary>
    public MemoryRange? Cma { get; }

    /// <summary>Bytes each atomic pool asks for at boot.</summary>
    public ulong InitialAtomicSize { get; }

    /// <summary>Bytes of the atomic pool of a zone (<see cref="GfpFlags.Kernel"/>, Dma or Dma32). debugfs: <c>dma_pools/pool_size_*</c>.</summary>
    public ulong AtomicPoolSize(GfpFlags zone) => Array.Find(_atomic, p => p.Zone == zone)?.Size ?? 0;

    /// <summary>
    /// Takes contiguous memory as the DMA allocators do, only where sleeping is allowed: from the device's own area and no other
    /// if it has one, else from the default area for more than one page.
    /// </summary>
    /// <remarks>Kernel: <c>dma_alloc_contiguous()</c>.</remarks>
    internal PhysicalAddress? TakeContiguous(Device device, ulong size, GfpFlags gfp)
    {
        if ((gfp & GfpFlags.Kernel) == 0)
            return null;
        if (device.ContiguousArea is { } own)
            return own.Take(size, Machine.PageSize);
        return size <= Machine.PageSize ? null : TakeCma(size);
    }

    internal void GiveContiguous(Device device, PhysicalAddress start, ulong size)
    {
        if (device.ContiguousArea is { } own && own.Range.Contains(start))
            own.Give(start, size, Machine.PageSize);
        else
            GiveCma(start, size);
    }

    /// <summary>Takes contiguous memory of the default area whatever its size (heaps).</summary>
    internal PhysicalAddress? TakeCma(ulong size) => _cma?.Take(size, Machine.PageSize);

    internal void GiveCma(PhysicalAddress start, ulong size) => _cma!.Give(start, size, Machine.PageSize);

    /// <summary>A fresh kernel address for a second mapping.</summary>
    internal VirtualAddress NewMapping(ulong size)
    {
        lock (_lock)
        {
            var address = new VirtualAddress(_nextMapping);
            _nextMapping += Align.Up(size, Machine.PageSize) + Machine.PageSize;
            return address;
        }
    }

    /// <summary>Takes from the atomic pools, from the one that the flags name downwards.</summary>
    /// <remarks>Kernel: <c>dma_alloc_from_pool()</c>.</remarks>
    internal PhysicalAddress? TakeAtomic(ulong size, GfpFlags gfp, Func<PhysicalAddress, bool> reachable)
    {
        ulong alignment = Machine.PageSize;
        while (alignment < size)
            alignment <<= 1;
        lock (_lock)
        {
            for (AtomicPool? pool = Start(gfp); pool is not null; pool = After(pool))
            {
                if (pool.Take(Align.Up(size, Machine.PageSize), alignment) is not { } start)
                    continue;
                if (!reachable(start))
                {
                    pool.Give(start, Align.Up(size, Machine.PageSize));
                    continue;
                }

                pool.GrowthPending |= pool.Available < InitialAtomicSize;
                return start;
            }
        }

        return null;
    }

    internal bool TryGiveAtomic(PhysicalAddress start, ulong size)
    {
        lock (_lock)
        {
            if (Array.Find(_atomic, p => p.Contains(start)) is not { } pool)
                return false;
            pool.Give(start, Align.Up(size, Machine.PageSize));
            return true;
        }
    }

    /// <summary>The background work: pools that ran low grow by their own size.</summary>
    internal int ExpandAtomicPools()
    {
        int expanded = 0;
        lock (_lock)
        {
            foreach (AtomicPool pool in _atomic)
            {
                if (!pool.GrowthPending)
                    continue;
                pool.GrowthPending = false;
                expanded += Expand(pool, pool.Size) ? 1 : 0;
            }
        }

        return expanded;
    }

    private AtomicPool? Start(GfpFlags gfp) =>
        (gfp & GfpFlags.Dma32) != 0 ? Pool(GfpFlags.Dma32) : (gfp & GfpFlags.Dma) != 0 ? Pool(GfpFlags.Dma) ?? Pool(GfpFlags.Kernel) : Pool(GfpFlags.Kernel);

    private AtomicPool? After(AtomicPool pool) => pool.Zone switch
    {
        GfpFlags.Kernel => Pool(GfpFlags.Dma32) ?? Pool(GfpFlags.Dma),
        GfpFlags.Dma32 => Pool(GfpFlags.Dma),
        _ => null,
    };

    private AtomicPool? Pool(GfpFlags zone) => Array.Find(_atomic, p => p.Zone == zone);

    private bool Expand(AtomicPool pool, ulong size)
    {
        for (int order = Math.Min(Pages.OrderOf(size), PageAllocator.MaxOrder); order >= 0; order--)
        {
            ulong bytes = (ulong)Machine.PageSize << order;
            PhysicalAddress? block = IsCmaIn(pool.Zone) ? TakeCma(bytes) : null;
            block ??= Pages.Allocate(order, pool.Zone);
            if (block is not { } start)
                continue;
            pool.Add(new MemoryRange(start, bytes));
            return true;
        }

        return false;
    }

    private bool IsCmaIn(GfpFlags zone) => Cma is { } cma && zone switch
    {
        GfpFlags.Dma => cma.Last.Value <= Machine.Zones.DmaLimit,
        GfpFlags.Dma32 => cma.Last.Value <= Math.Max(0xffff_ffff, Machine.Zones.DmaLimit),
        _ => true,
    };
}
