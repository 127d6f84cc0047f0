namespace Handoff.Sharing;

/// <summary>Where heaps get their blocks: the page allocator, or a list of places for a replay or test.</summary>
public interface IHeapPages
{
    /// <summary>Takes 2^<paramref name="order"/> contiguous pages, aligned to their size.</summary>
    /// <param name="order">Number of pages as a power of two.</param>
    /// <param name="limit">Highest acceptable byte, inclusive.</param>
    /// <returns>First byte, or <see langword="null"/> if there are none.</returns>
    PhysicalAddress? Allocate(int order, ulong limit);

    /// <summary>Takes contiguous pages of the default CMA area. Kernel: <c>cma_alloc()</c>.</summary>
    /// <param name="size">Bytes, whole pages.</param>
    /// <returns>First byte, or <see langword="null"/> if there is no room.</returns>
    PhysicalAddress? AllocateContiguous(ulong size);

    /// <summary>Gives back what one of the above gave.</summary>
    void Free(PhysicalAddress start, ulong size);
}
