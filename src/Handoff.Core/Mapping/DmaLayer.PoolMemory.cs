using Handoff.Pages;
using Handoff.Swiotlb;

namespace Handoff;

/// <content>Memory of bounce pools made at run time.</content>
public sealed partial class DmaLayer<TMemory>
{
    /// <summary>Finds memory below a limit, from the highest zone that suits downwards. Kernel: <c>swiotlb_alloc_tlb()</c>.</summary>
    private PhysicalAddress? FindPoolMemory(int slots, ulong limit, bool transient)
    {
        if (PlacePool is { } place)
            return place(slots, limit, transient);
        int order = KernelMemory.Pages.OrderOf((ulong)slots << SwiotlbConstants.SlotShift);
        ulong bytes = (ulong)_pageSize << order;
        GfpFlags zone = limit <= Machine.Zones.DmaLimit ? GfpFlags.Dma : limit <= 0xffff_ffff ? GfpFlags.Dma32 : GfpFlags.Atomic;
        while (KernelMemory.Pages.Allocate(order, zone) is { } block)
        {
            if (block.Value + bytes - 1 <= limit)
                return block;
            KernelMemory.Pages.Free(block, order);
            if (limit < ulong.MaxValue && zone == GfpFlags.Atomic)
                zone = GfpFlags.Dma32;
            else if (zone != GfpFlags.Dma && Machine.ZoneDma)
                zone = GfpFlags.Dma;
            else
                break;
        }

        return null;
    }

    private void FreePoolMemory(SwiotlbPool pool)
    {
        if (PlacePool is null)
            KernelMemory.Pages.Free(pool.Start, KernelMemory.Pages.OrderOf(pool.Size));
    }
}
