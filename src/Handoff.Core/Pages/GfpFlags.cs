namespace Handoff.Pages;

/// <summary>What a caller of an allocator allows. A small part of the kernel's flags: those that change a DMA decision.</summary>
/// <remarks>Kernel: <c>gfp_t</c> (<c>include/linux/gfp_types.h</c>); the bit values are this library's own.</remarks>
[Flags]
public enum GfpFlags
{
    /// <summary>Must not sleep. Kernel: <c>GFP_ATOMIC</c>, <c>GFP_NOWAIT</c>.</summary>
    Atomic = 0,

    /// <summary>May sleep and reclaim. Kernel: <c>GFP_KERNEL</c>.</summary>
    Kernel = 1,

    /// <summary>From the DMA zone. Kernel: <c>GFP_DMA</c>.</summary>
    Dma = 2,

    /// <summary>From below 4 GiB. Kernel: <c>GFP_DMA32</c>.</summary>
    Dma32 = 4,

    /// <summary>Memory without a kernel mapping is fine; no effect on 64-bit machines. Kernel: <c>__GFP_HIGHMEM</c>.</summary>
    HighMem = 8,

    /// <summary>A compound page: refused by the DMA allocators. Kernel: <c>__GFP_COMP</c>.</summary>
    Comp = 16,

    /// <summary>No message on failure. Kernel: <c>__GFP_NOWARN</c>.</summary>
    NoWarn = 32,

    /// <summary>Zeroed memory. Kernel: <c>__GFP_ZERO</c>.</summary>
    Zero = 64,
}
