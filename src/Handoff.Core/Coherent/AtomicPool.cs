using Handoff.Pages;

namespace Handoff.Coherent;

/// <summary>Memory kept ready for coherent allocations that must not sleep: already mapped uncached, already decrypted.</summary>
/// <remarks>Kernel: <c>kernel/dma/pool.c</c>, 6.12. Grows in the background, never shrinks.</remarks>
internal sealed class AtomicPool
{
    private readonly FreeRanges _free = new();
    private readonly List<MemoryRange> _blocks = [];

    public AtomicPool(GfpFlags zone) => Zone = zone;

    /// <summary>DMA, DMA32, or neither for the kernel pool.</summary>
    public GfpFlags Zone { get; }

    /// <summary>Bytes of the pool.</summary>
    public ulong Size { get; private set; }

    /// <summary>Bytes free.</summary>
    public ulong Available => _free.Size;

    /// <summary>Whether a request left less than the initial size.</summary>
    public bool GrowthPending { get; set; }

    public void Add(MemoryRange block)
    {
        _blocks.Add(block);
        _free.Give(block.Start, block.Size);
        Size += block.Size;
    }

    public bool Contains(PhysicalAddress address) => _blocks.Exists(b => b.Contains(address));

    public PhysicalAddress? Take(ulong size, ulong alignment) => _free.Take(size, alignment);

    /// <exception cref="InvalidOperationException">A part of it is free already.</exception>
    public void Give(PhysicalAddress start, ulong size) => _free.Give(start, size);
}
