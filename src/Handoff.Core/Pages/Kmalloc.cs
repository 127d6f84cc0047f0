namespace Handoff.Pages;

/// <summary>Small objects out of pages: objects of one size class lie side by side, so neighbours may share a cache line. Thread-safe.</summary>
/// <remarks>Kernel: <c>kmalloc()</c>. Which object is free next depends on history; here it is the lowest.</remarks>
public sealed class Kmalloc(PageAllocator pages, uint minAlign)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, SortedSet<ulong>> _free = [];
    private readonly Dictionary<ulong, ulong> _live = [];

    /// <summary>Takes an object.</summary>
    /// <param name="size">Bytes, not 0.</param>
    /// <param name="gfp">DMA takes the object from the DMA zone; DMA32 has no effect, as in the kernel.</param>
    /// <returns>Its first byte, or <see langword="null"/> if memory is out.</returns>
    /// <exception cref="ArgumentOutOfRangeException">0 bytes.</exception>
    public PhysicalAddress? Allocate(ulong size, GfpFlags gfp = GfpFlags.Kernel)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        lock (_lock)
            return AllocateLocked(size, gfp);
    }

    /// <summary>Gives an object back.</summary>
    /// <exception cref="InvalidOperationException">No such object is allocated.</exception>
    public void Free(PhysicalAddress address)
    {
        lock (_lock)
        {
            if (!_live.Remove(address.Value, out ulong key))
                throw new InvalidOperationException($"No object is allocated at {address}.");
            _free[key].Add(address.Value);
        }
    }

    private PhysicalAddress? AllocateLocked(ulong size, GfpFlags gfp)
    {
        ulong objectSize = KmallocSizes.RoundUp(size, minAlign, pages.Machine.PageSize);
        gfp &= ~GfpFlags.Dma32;
        ulong key = objectSize | ((gfp & GfpFlags.Dma) != 0 ? 1UL : 0);
        if (!_free.TryGetValue(key, out SortedSet<ulong>? free))
            _free[key] = free = [];
        if (free.Count == 0)
        {
            int order = pages.OrderOf(objectSize);
            if (pages.Allocate(order, gfp) is not { } block)
                return null;
            ulong bytes = (ulong)pages.Machine.PageSize << order;
            for (ulong at = 0; at + objectSize <= bytes; at += objectSize)
                free.Add(block.Value + at);
        }

        ulong address = free.Min;
        free.Remove(address);
        _live[address] = key;
        return new(address);
    }
}
