namespace Handoff.Litmus.Language;

/// <summary>The allocation flags that matter for DMA.</summary>
[Flags]
public enum GfpFlags
{
    /// <summary>An ordinary allocation that may sleep. Kernel: <c>GFP_KERNEL</c>.</summary>
    Kernel = 0,

    /// <summary>May not sleep. Kernel: <c>GFP_ATOMIC</c>, <c>GFP_NOWAIT</c>.</summary>
    Atomic = 1,

    /// <summary>From the DMA zone. Kernel: <c>GFP_DMA</c>.</summary>
    Dma = 2,

    /// <summary>From the DMA32 zone. Kernel: <c>GFP_DMA32</c>.</summary>
    Dma32 = 4,

    /// <summary>No warning on failure. Kernel: <c>__GFP_NOWARN</c>.</summary>
    NoWarn = 8,

    /// <summary>Compound pages, which coherent allocations refuse. Kernel: <c>__GFP_COMP</c>.</summary>
    Compound = 16,
}
