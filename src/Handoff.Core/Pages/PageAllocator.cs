namespace Handoff.Pages;

/// <summary>
/// The machine's free pages: naturally aligned blocks of 2^order pages out of the DMA, DMA32 and NORMAL zones. Deterministic:
/// the lowest block that fits. Thread-safe.
/// </summary>
/// <remarks>
/// Kernel: the buddy allocator (<c>mm/page_alloc.c</c>). Which pages a real kernel hands out depends on its whole history and is not
/// modelled; zones, fallback, alignment and the largest block are.
/// </remarks>
public sealed class PageAllocator
{
    /// <summary>Largest order: 1024 pages. Kernel: <c>MAX_PAGE_ORDER</c>.</summary>
    public const int MaxOrder = 10;

    private readonly Lock _lock = new();
    private readonly FreeRanges[] _zones = [new(), new(), new()];
    private readonly MemoryZones _limits;

    /// <summary>All RAM of the machine but the reserved ranges.</summary>
    public PageAllocator(Machine machine, params IEnumerable<MemoryRange> reserved)
    {
        Machine = machine;
        _limits = machine.Zones;
        foreach (MemoryRange ram in machine.Ram.Ranges)
        {
            ulong from = ram.Start.Value;
            foreach (MemoryZone zone in (MemoryZone[])[MemoryZone.Dma, MemoryZone.Dma32, MemoryZone.Normal])
            {
                ulong to = Math.Min(ram.End.Value, _limits.EndOf(zone).Value);
                if (from < to)
                    _zones[(int)zone].Give(new(from), to - from);
                from = Math.Max(from, to);
            }
        }

        // Page 0 is never handed out, as on real machines.
        foreach (MemoryRange range in reserved.Append(new MemoryRange(new(0), machine.PageSize)))
        {
            foreach (FreeRanges zone in _zones)
                zone.Exclude(range);
        }
    }

    /// <summary>The machine.</summary>
    public Machine Machine { get; }

    /// <summary>Smallest k with 2^k pages at least <paramref name="size"/> bytes. Kernel: <c>get_order()</c>.</summary>
    public int OrderOf(ulong size)
    {
        int order = 0;
        while (order < 52 && (ulong)Machine.PageSize << order < size)
            order++;
        return order;
    }

    /// <summary>Bytes free in a zone.</summary>
    public ulong FreeBytes(MemoryZone zone)
    {
        lock (_lock)
            return _zones[(int)zone].Size;
    }

    /// <summary>Takes 2^order pages: from the zone that the flags name, or a lower one; never from a higher.</summary>
    /// <returns>The first byte, or <see langword="null"/>: out of memory, or the order is too large.</returns>
    /// <remarks>Kernel: <c>alloc_pages()</c>. A flag whose zone is not built has no effect.</remarks>
    public PhysicalAddress? Allocate(int order, GfpFlags gfp = GfpFlags.Kernel)
    {
        if (order is < 0 or > MaxOrder)
            return null;
        ulong size = (ulong)Machine.PageSize << order;
        MemoryZone highest = (gfp & GfpFlags.Dma) != 0 && Machine.ZoneDma ? MemoryZone.Dma
            : (gfp & GfpFlags.Dma32) != 0 ? MemoryZone.Dma32
            : MemoryZone.Normal;
        lock (_lock)
        {
            for (int zone = (int)highest; zone >= 0; zone--)
            {
                if (_zones[zone].Take(size, size) is { } block)
                    return block;
            }
        }

        return null;
    }

    /// <summary>Takes 2^order pages that lie within [from, to).</summary>
    /// <returns>The first byte, or <see langword="null"/>: no such pages are free, or the order is too large.</returns>
    /// <remarks>No kernel function: to place a buffer on purpose.</remarks>
    public PhysicalAddress? AllocateWithin(int order, PhysicalAddress from, PhysicalAddress to)
    {
        if (order is < 0 or > MaxOrder)
            return null;
        ulong size = (ulong)Machine.PageSize << order;
        lock (_lock)
        {
            foreach (FreeRanges zone in _zones)
            {
                if (zone.Take(size, size, from.Value, to.Value) is { } block)
                    return block;
            }
        }

        return null;
    }

    /// <summary>Takes exactly these pages.</summary>
    /// <param name="start">First byte.</param>
    /// <param name="size">Bytes.</param>
    /// <returns>Whether all of them were free, and in one zone.</returns>
    /// <remarks>No kernel function: to place a buffer on purpose.</remarks>
    public bool TryAllocateAt(PhysicalAddress start, ulong size)
    {
        lock (_lock)
            return _zones[(int)_limits.ZoneOf(start)].TryTake(start, size);
    }

    /// <summary>Gives 2^order pages back.</summary>
    /// <remarks>Kernel: <c>__free_pages()</c>.</remarks>
    /// <exception cref="InvalidOperationException">They are free already, or no RAM.</exception>
    public void Free(PhysicalAddress start, int order) => Free(start, (ulong)Machine.PageSize << order);

    /// <summary>Gives a block of bytes back.</summary>
    /// <exception cref="InvalidOperationException">A part of it is free already, or no RAM.</exception>
    public void Free(PhysicalAddress start, ulong size)
    {
        if (size == 0 || !Machine.Ram.Contains(start, size))
            throw new InvalidOperationException($"{size} bytes at {start} are no RAM that could be free.");
        lock (_lock)
            _zones[(int)_limits.ZoneOf(start)].Give(start, size);
    }
}
