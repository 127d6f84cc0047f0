namespace Handoff.Sharing;

/// <summary>The dma-buf heaps of <c>/dev/dma_heap</c>.</summary>
public enum DmaHeapKind
{
    /// <summary><c>system</c>: cached pages from anywhere.</summary>
    System,

    /// <summary><c>system-dma32</c>: a vendor's cached heap with pages below 4 GiB.</summary>
    SystemDma32,

    /// <summary><c>system-uncached</c>: Android's heap; importers are mapped with SKIP_CPU_SYNC, user space looks past the caches.</summary>
    SystemUncached,

    /// <summary><c>system-uncached-dma32</c>: a vendor's uncached heap with pages below 4 GiB.</summary>
    SystemUncachedDma32,

    /// <summary>The default CMA area: one contiguous cached block.</summary>
    Cma,

    /// <summary><c>system_cc_shared</c> (7.1): pages decrypted at allocation, mapped with CC_SHARED.</summary>
    SystemCcShared,
}
