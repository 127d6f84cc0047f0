namespace Handoff.Sharing;

/// <summary>What the work behind a fence does to a buffer. Whoever waits for one class also waits for the stronger (smaller) ones.</summary>
/// <remarks>Kernel: <c>enum dma_resv_usage</c> (<c>include/linux/dma-resv.h</c>).</remarks>
public enum FenceUsage
{
    /// <summary>Memory management: everybody waits for it.</summary>
    Kernel,

    /// <summary>Writes to the buffer.</summary>
    Write,

    /// <summary>Reads of the buffer.</summary>
    Read,

    /// <summary>Needs the memory to stay, without implicit ordering.</summary>
    Bookkeeping,
}
