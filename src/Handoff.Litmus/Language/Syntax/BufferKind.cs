namespace Handoff.Litmus.Language;

/// <summary>How a buffer was allocated.</summary>
public enum BufferKind
{
    /// <summary><c>page(4K)</c>: one page, or the part of it that is asked for.</summary>
    Page,

    /// <summary><c>pages(64K)</c>: physically contiguous pages.</summary>
    Pages,

    /// <summary><c>kmalloc(24)</c>: an object of the slab cache for that size; it may share cache lines with other objects.</summary>
    Kmalloc,

    /// <summary><c>stack(32)</c>: on the current task's stack, which no driver may map.</summary>
    Stack,

    /// <summary><c>vmalloc(8K)</c>: pages anywhere; not mappable by address.</summary>
    Vmalloc,

    /// <summary><c>heap(system, 1M)</c>: a dma-buf from a heap of <c>/dev/dma_heap</c>.</summary>
    Heap,

    /// <summary><c>udmabuf(16K)</c>: a dma-buf made of a memfd's pages.</summary>
    Udmabuf,

    /// <summary><c>mmio(4K)</c>: registers of a device, not RAM; needs a place.</summary>
    Mmio,
}
