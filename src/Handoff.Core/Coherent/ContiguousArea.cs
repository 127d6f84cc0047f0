using Handoff.Pages;

namespace Handoff.Coherent;

/// <summary>A contiguous memory area (CMA): large blocks are cut out of it, lowest place first. Thread-safe.</summary>
/// <remarks>
/// Kernel: <c>kernel/dma/contiguous.c</c> over <c>mm/cma.c</c>. The default area belongs to the machine (<see cref="KernelMemory.Cma"/>);
/// a device may have its own (<see cref="Device.ContiguousArea"/>), from a reserved <c>shared-dma-pool</c> that is <c>reusable</c>.
/// </remarks>
public sealed class ContiguousArea
{
    private const ulong MostAlignedPages = 256;

    private readonly Lock _lock = new();
    private readonly FreeRanges _free = new();

    /// <summary>Makes an area in which everything is free.</summary>
    /// <param name="range">Where it lies; give a device's own area to <see cref="Machine.Reserved"/> too, so that nobody else gets its pages.</param>
    public ContiguousArea(MemoryRange range)
    {
        Range = range;
        _free.Give(range.Start, range.Size);
    }

    /// <summary>Where it lies.</summary>
    public MemoryRange Range { get; }

    /// <summary>Bytes that are free.</summary>
    public ulong Free
    {
        get
        {
            lock (_lock)
                return _free.Size;
        }
    }

    /// <summary>Takes whole pages, aligned to the power of two that holds them, 256 pages at most.</summary>
    internal PhysicalAddress? Take(ulong size, uint pageSize)
    {
        if (size == 0 || size > Range.Size)
            return null;
        ulong alignment = pageSize;
        while (alignment < size && alignment < MostAlignedPages * pageSize)
            alignment <<= 1;
        lock (_lock)
            return _free.Take(Align.Up(size, pageSize), alignment);
    }

    internal void Give(PhysicalAddress start, ulong size, uint pageSize)
    {
        lock (_lock)
            _free.Give(start, Align.Up(size, pageSize));
    }
}
