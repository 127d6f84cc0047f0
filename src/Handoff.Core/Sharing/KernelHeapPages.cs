using Handoff.Coherent;
using Handoff.Pages;

namespace Handoff.Sharing;

/// <summary>Heap blocks from the machine's page allocator and its default contiguous area.</summary>
public sealed class KernelHeapPages : IHeapPages
{
    private readonly KernelMemory _memory;

    /// <summary>Takes from these sources (<see cref="DmaLayer{TMemory}.KernelMemory"/>).</summary>
    public KernelHeapPages(KernelMemory memory) => _memory = memory;

    /// <inheritdoc/>
    public PhysicalAddress? Allocate(int order, ulong limit) =>
        _memory.Pages.Allocate(order, limit <= uint.MaxValue ? GfpFlags.Kernel | GfpFlags.Dma32 : GfpFlags.Kernel | GfpFlags.HighMem);

    /// <inheritdoc/>
    public PhysicalAddress? AllocateContiguous(ulong size) => _memory.TakeCma(size);

    /// <inheritdoc/>
    public void Free(PhysicalAddress start, ulong size)
    {
        if (_memory.Cma is { } area && area.Contains(start))
            _memory.GiveCma(start, size);
        else
            _memory.Pages.Free(start, size);
    }
}
