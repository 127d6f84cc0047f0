using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Handoff;

/// <summary>Between physical addresses and those a device puts on its bus.</summary>
/// <remarks>Kernel: <c>include/linux/dma-direct.h</c>, 6.12. Only the first byte of a buffer is looked up in the windows.</remarks>
internal static class Translation
{
    /// <summary>The DMA address of decrypted or plain memory; the error value if no window covers it.</summary>
    /// <remarks>Kernel: <c>phys_to_dma_unencrypted()</c>.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DmaAddress ToDmaUnencrypted(Device device, PhysicalAddress address) =>
        !device.HasRanges ? new(address.Value) : ThroughRanges(device.DmaRanges, address);

    /// <summary>The physical address behind a DMA address, encryption bit not yet removed; all ones if no window covers it.</summary>
    /// <remarks>Kernel: <c>dma_to_phys()</c> without its last step.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PhysicalAddress ToPhysical(Device device, DmaAddress address) =>
        !device.HasRanges ? new(address.Value) : BackThroughRanges(device.DmaRanges, address);

    private static DmaAddress ThroughRanges(ImmutableArray<DmaRange> ranges, PhysicalAddress address)
    {
        foreach (ref readonly DmaRange range in ranges.AsSpan())
        {
            if (address >= range.CpuStart && address - range.CpuStart < range.Size)
                return range.DmaStart + (address - range.CpuStart);
        }

        return DmaAddress.MappingError;
    }

    private static PhysicalAddress BackThroughRanges(ImmutableArray<DmaRange> ranges, DmaAddress address)
    {
        foreach (ref readonly DmaRange range in ranges.AsSpan())
        {
            if (address >= range.DmaStart && address - range.DmaStart < range.Size)
                return range.CpuStart + (address - range.DmaStart);
        }

        return PhysicalAddress.Invalid;
    }
}
