using System.Collections.Immutable;
using Handoff.Swiotlb;

namespace Handoff;

/// <content>Masks and limits.</content>
public sealed partial class DmaLayer<TMemory>
{
    /// <summary>Sets the streaming mask: which addresses the device can drive.</summary>
    /// <returns><see cref="Errno.IO"/> if the device has no mask at all or the machine cannot serve such a mask.</returns>
    /// <remarks>Kernel: <c>dma_set_mask()</c>. Also decides anew whether syncs may be skipped.</remarks>
    public Errno SetMask(Device device, ulong mask)
    {
        if (device.DmaMask is null || !IsSupported(device, mask))
            return Errno.IO;
        device.DmaMask = mask;
        device.SkipSync = _kernel.SyncShortcut && _rules.IsCoherent(device);
        return Errno.None;
    }

    /// <summary>Sets the mask of coherent allocations. Kernel: <c>dma_set_coherent_mask()</c>.</summary>
    public Errno SetCoherentMask(Device device, ulong mask)
    {
        if (!IsSupported(device, mask))
            return Errno.IO;
        device.CoherentDmaMask = mask;
        return Errno.None;
    }

    /// <summary>Sets both masks. Kernel: <c>dma_set_mask_and_coherent()</c>.</summary>
    public Errno SetMaskAndCoherent(Device device, ulong mask)
    {
        Errno error = SetMask(device, mask);
        if (error == Errno.None)
            SetCoherentMask(device, mask);
        return error;
    }

    /// <summary>Gives the device a streaming mask even if bus code did not, then sets both. Kernel: <c>dma_coerce_mask_and_coherent()</c>.</summary>
    public Errno CoerceMaskAndCoherent(Device device, ulong mask)
    {
        device.DmaMask = device.CoherentDmaMask;
        return SetMaskAndCoherent(device, mask);
    }

    /// <summary>Whether the machine can serve a device with this mask. Kernel: <c>dma_direct_supported()</c>.</summary>
    public bool IsSupported(Device device, ulong mask)
    {
        if (device.BehindIommu)
            ThrowIommu(device);
        if (mask >= 0xffff_ffff)
            return true;
        ulong lowest = (Machine.MaxPageFrame - 1) * _pageSize;
        if (Machine.ZoneDma)
            lowest = Math.Min(lowest, Machine.Zones.DmaLimit);
        return mask >= Direct.DirectRules.ToDmaUnencrypted(device, new(lowest)).Value;
    }

    /// <summary>The smallest mask that reaches all RAM. Kernel: <c>dma_get_required_mask()</c>.</summary>
    public ulong GetRequiredMask(Device device)
    {
        if (device.BehindIommu)
            ThrowIommu(device);
        return DmaMask.Covering(_rules.ToDmaDirect(device, new((Machine.MaxPageFrame - 1) * _pageSize)).Value);
    }

    /// <summary>Whether some RAM is out of the device's reach. Kernel: <c>dma_addressing_limited()</c>.</summary>
    public bool AddressingLimited(Device device) =>
        Align.MinNotZero(device.EffectiveDmaMask, device.BusDmaLimit) < GetRequiredMask(device) || !AllRamMapped(device);

    /// <summary>Largest size that one map may have, in bytes; all ones for no limit. Kernel: <c>dma_max_mapping_size()</c>.</summary>
    public ulong MaxMappingSize(Device device)
    {
        SwiotlbAllocator? allocator = AllocatorOf(device);
        if (allocator is null || !(AddressingLimited(device) || allocator.ForceBounce))
            return ulong.MaxValue;
        ulong padding = _kernel.MinAlignMask ? Align.Up(device.MinAlignMask, SwiotlbConstants.SlotSize) : 0;
        return SwiotlbConstants.SegmentSize - padding;
    }

    /// <summary>Largest size that maps cheaply, in bytes. Kernel: <c>dma_opt_mapping_size()</c>; only an IOMMU lowers it.</summary>
    public ulong OptMappingSize(Device device) => MaxMappingSize(device);

    /// <summary>Up to which boundary lists are merged, minus one; 0 for never. Kernel: <c>dma_get_merge_boundary()</c>.</summary>
    public ulong GetMergeBoundary(Device device)
    {
        if (device.BehindIommu)
            ThrowIommu(device);
        return 0;
    }

    /// <summary>Whether coherent memory of the device can be mapped to user space. Kernel: <c>dma_can_mmap()</c>.</summary>
    public bool CanMmap(Device device) => _rules.IsCoherent(device) || Machine.HasNonCoherentDevices;

    private bool AllRamMapped(Device device)
    {
        if (device.DmaRanges.IsEmpty)
            return true;
        foreach (MemoryRange ram in Machine.Ram.Ranges)
        {
            for (ulong left = ram.Size; left > 0;)
            {
                PhysicalAddress next = ram.End - left;
                if (Covering(device.DmaRanges, next) is not { } range)
                    return false;
                left -= Math.Min(left, range.Size - (next - range.CpuStart)); // a window may end where the address space does
            }
        }

        return true;
    }

    private DmaRange? Covering(ImmutableArray<DmaRange> ranges, PhysicalAddress address)
    {
        foreach (DmaRange range in ranges)
        {
            if (range.Size < _pageSize)
                return null;
            if (address - range.CpuStart < range.Size)
                return range;
        }

        return null;
    }
}
