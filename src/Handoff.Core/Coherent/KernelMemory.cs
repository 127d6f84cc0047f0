using System.Numerics;
using Handoff.Pages;
using Handoff.Swiotlb;

namespace Handoff.Coherent;

/// <summary>The kernel's sources of memory on one booted machine: pages, the contiguous area, atomic pools, small objects.</summary>
/// <remarks>Made when first used; a layer that only maps never pays for it.</remarks>
public sealed class KernelMemory
{
    private readonly Lock _lock = new();
    private readonly ContiguousArea? _cma;
    private readonly DecryptedMemory _decrypted;
    private readonly AtomicPool[] _atomic;
    private ulong _nextMapping;

    internal KernelMemory(Machine machine, SwiotlbAllocator? swiotlb, uint kmallocMinAlign, DecryptedMemory decrypted)
    {
        Machine = machine;
        _decrypted = decrypted;
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

        ulong pages = Math.Min(machine.Ram.TotalSize / machine.PageSize / 8192, 1UL << PageAllocator.MaxOrder);
        InitialAtomicSize = machine.CoherentPoolSize ?? Math.Max(pages * machine.PageSize, 128UL << 10);
        bool hasDma = machine.ZoneDma && Pages.FreeBytes(MemoryZone.Dma) > 0;
        GfpFlags[] zones = hasDma ? [GfpFlags.Kernel, GfpFlags.Dma, GfpFlags.Dma32] : [GfpFlags.Kernel, GfpFlags.Dma32];
        _atomic = [.. zones.Select(static zone => new AtomicPool(zone)).Where(pool => Expand(pool, InitialAtomicSize))];
    }

    /// <summary>The machine.</summary>
    public Machine Machine { get; }

    /// <summary>Whole pages.</summary>
    public PageAllocator Pages { get; }

    /// <summary>Small objects.</summary>
    public Kmalloc Objects { get; }

    /// <summary>The default contiguous area, if there is one.</summary>
    public MemoryRange? Cma { get; }

    /// <summary>Bytes each atomic pool asks for at boot. Kernel: <c>coherent_pool=</c>, or what follows from the size of RAM.</summary>
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

    internal void GiveCma(PhysicalAddress start, ulong size)
    {
        if (_cma is not { } cma || !cma.Range.Contains(start, size))
            throw new InvalidOperationException($"{size} bytes at {start} are not of a contiguous area.");
        cma.Give(start, size, Machine.PageSize);
    }

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

    /// <summary>Whether there is an atomic pool to begin with for these flags.</summary>
    internal bool HasAtomicPool(GfpFlags gfp) => Start(gfp) is not null;

    /// <summary>Takes whole pages from the atomic pools, from the one that the flags name downwards.</summary>
    /// <remarks>Kernel: <c>dma_alloc_from_pool()</c>.</remarks>
    internal PhysicalAddress? TakeAtomic(ulong bytes, GfpFlags gfp, Func<PhysicalAddress, bool> reachable)
    {
        lock (_lock)
        {
            for (AtomicPool? pool = Start(gfp); pool is not null; pool = After(pool))
            {
                if (bytes > pool.Size || pool.Take(bytes, BitOperations.RoundUpToPowerOf2(bytes)) is not { } start)
                    continue;
                if (!reachable(start))
                {
                    pool.Give(start, bytes);
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
            pool.Give(start, size);
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
            PhysicalAddress? contiguous = IsCmaIn(pool.Zone) ? TakeCma(bytes) : null;
            if ((contiguous ?? Pages.Allocate(order, pool.Zone)) is not { } start)
                continue;
            if (!_decrypted.TryDecrypt(start, bytes))
            {
                if (!_decrypted.TryEncryptOrLeak(start, bytes))
                    return false;
                if (contiguous is not null)
                    GiveCma(start, bytes);
                else
                    Pages.Free(start, order);
                return false;
            }

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
