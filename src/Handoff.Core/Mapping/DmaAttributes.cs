namespace Handoff;

/// <summary>Attributes of a map, an allocation or their release. Bit values are the kernel's.</summary>
/// <remarks>
/// Kernel: <c>DMA_ATTR_*</c> (<c>include/linux/dma-mapping.h</c>). Bits without a name are carried and ignored.
/// Bits 61 to 63 are this library's: attributes that no released kernel has.
/// </remarks>
[Flags]
public enum DmaAttributes : ulong
{
    /// <summary>No attribute.</summary>
    None = 0,

    /// <summary>Weakly ordered accesses are fine; a hint. Kernel: <c>DMA_ATTR_WEAK_ORDERING</c>.</summary>
    WeakOrdering = 1UL << 1,

    /// <summary>Allocate for write-combined CPU access where the architecture tells it apart. Kernel: <c>DMA_ATTR_WRITE_COMBINE</c>.</summary>
    WriteCombine = 1UL << 2,

    /// <summary>Allocate without a kernel mapping: the result is an opaque cookie. Kernel: <c>DMA_ATTR_NO_KERNEL_MAPPING</c>.</summary>
    NoKernelMapping = 1UL << 4,

    /// <summary>No cache maintenance; at unmap also no copy back from a bounce slot. Kernel: <c>DMA_ATTR_SKIP_CPU_SYNC</c>.</summary>
    SkipCpuSync = 1UL << 5,

    /// <summary>Physically contiguous memory also behind an IOMMU. Kernel: <c>DMA_ATTR_FORCE_CONTIGUOUS</c>.</summary>
    ForceContiguous = 1UL << 6,

    /// <summary>Allocate page by page. Kernel: <c>DMA_ATTR_ALLOC_SINGLE_PAGES</c>.</summary>
    AllocSinglePages = 1UL << 7,

    /// <summary>No log message on failure. Kernel: <c>DMA_ATTR_NO_WARN</c>.</summary>
    NoWarn = 1UL << 8,

    /// <summary>Privileged device access behind an IOMMU. Kernel: <c>DMA_ATTR_PRIVILEGED</c>.</summary>
    Privileged = 1UL << 9,

    /// <summary>The address is not RAM: no bounce, no cache maintenance, no translation. Kernel 6.18: <c>DMA_ATTR_MMIO</c>.</summary>
    Mmio = 1UL << 10,

    /// <summary>Several mappings may share a cache line; quiets the debug check. Kernel 7.0: <c>DMA_ATTR_CPU_CACHE_CLEAN</c>, later <c>DMA_ATTR_DEBUGGING_IGNORE_CACHELINES</c>.</summary>
    DebuggingIgnoreCachelines = 1UL << 11,

    /// <summary>Fail instead of bouncing, and on a non-coherent device. Kernel 7.0: <c>DMA_ATTR_REQUIRE_COHERENT</c>.</summary>
    RequireCoherent = 1UL << 12,

    /// <summary>The memory is already decrypted. Kernel 7.1: <c>DMA_ATTR_CC_SHARED</c>.</summary>
    CcShared = 1UL << 13,

    /// <summary>Internal to the kernel's allocators, never for drivers. Kernel 7.3: <c>__DMA_ATTR_ALLOC_CC_SHARED</c>.</summary>
    AllocCcShared = 1UL << 14,

    /// <summary>The device overwrites the whole buffer, so nothing need be copied in. Kernel 5.17-rc only: <c>DMA_ATTR_OVERWRITE</c> (its bit was reused; this library's own bit).</summary>
    Overwrite = 1UL << 61,

    /// <summary>Proposal (May 2024): fail the map instead of bouncing. <c>DMA_ATTR_NO_BOUNCE</c>; no kernel has a bit for it.</summary>
    NoBounce = 1UL << 62,

    /// <summary>Proposal (May 2024): the buffer is shared by several devices, so it must not be bounced. <c>DMA_ATTR_SHARED</c>; no kernel has a bit for it.</summary>
    Shared = 1UL << 63,
}
