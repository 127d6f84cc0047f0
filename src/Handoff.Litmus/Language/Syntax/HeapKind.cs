namespace Handoff.Litmus.Language;

/// <summary>The dma-buf heaps. "Uncached" ones are out of tree: they map with SKIP_CPU_SYNC and user space looks through write-combine.</summary>
public enum HeapKind
{
    /// <summary><c>system</c>: cached pages from anywhere.</summary>
    System,

    /// <summary><c>system_uncached</c>: Android's heap; pages from anywhere.</summary>
    SystemUncached,

    /// <summary><c>system_dma32</c>: a vendor's cached heap with pages below 4 GiB.</summary>
    SystemDma32,

    /// <summary><c>system_uncached_dma32</c>: a vendor's uncached heap with pages below 4 GiB.</summary>
    SystemUncachedDma32,

    /// <summary><c>cma</c>: one contiguous cached block of the default CMA area.</summary>
    Cma,
}
