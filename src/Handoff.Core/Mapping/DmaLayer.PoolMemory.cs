using Handoff.Pages;
using Handoff.Swiotlb;

namespace Handoff;

/// <content>Memory of bounce pools made at run time.</content>
public sealed partial class DmaLayer<TMemory>
{
    /// <summary>Finds decrypted memory below a limit. Kernel: <c>swiotlb_alloc_tlb()</c>.</summary>
    /// <param name="slots">Slots of the pool.</param>
    /// <param name="limit">Highest byte, inclusive.</param>
    /// <param name="device">The device of a pool for one request, which may not sleep; <see langword="null"/> for a lasting pool.</param>
    private PhysicalAddress? FindPoolMemory(int slots, ulong limit, Device? device)
    {
        if (PlacePool is { } place)
            return place(slots, limit, device is not null);
        ulong size = Align.Up((ulong)slots << SwiotlbConstants.SlotShift, _pageSize);
        if (device is not null && _rules.ForcesUnencrypted(device)) // decrypting would sleep
            return KernelMemory.TakeAtomic(size, ZoneHint(device), start => CoherentOk(device, start, size));
        int order = KernelMemory.Pages.OrderOf(size);
        if (FindPages(order, limit) is not { } found)
            return null;
        if (Decrypted.TryDecrypt(found, size))
            return found;
        if (Decrypted.TryEncryptOrLeak(found, size))
            KernelMemory.Pages.Free(found, order);
        return null;
    }

    /// <summary>Finds pages below a limit, from the highest zone that suits downwards. Kernel: <c>alloc_dma_pages()</c>.</summary>
    private PhysicalAddress? FindPages(int order, ulong limit)
    {
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

    /// <summary>Gives the memory of such a pool back; what cannot be encrypted again is lost. Kernel: <c>swiotlb_free_tlb()</c>.</summary>
    private void FreePoolMemory(SwiotlbPool pool)
    {
        ulong size = Align.Up(pool.Size, _pageSize);
        if (PlacePool is not null || (Machine.Encryption != MemoryEncryption.None && KernelMemory.TryGiveAtomic(pool.Start, size)))
            return;
        if (Decrypted.TryEncryptOrLeak(pool.Start, size))
            KernelMemory.Pages.Free(pool.Start, KernelMemory.Pages.OrderOf(size));
    }
}
