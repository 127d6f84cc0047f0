using System.Runtime.CompilerServices;
using Handoff.Kernels;
using Handoff.Logging;
using Handoff.Swiotlb;

namespace Handoff;

/// <content>Maps and unmaps of one contiguous buffer.</content>
public sealed partial class DmaLayer<TMemory>
{
    /// <summary>Maps a buffer given by its kernel address.</summary>
    /// <returns>The DMA address, or <see cref="DmaAddress.MappingError"/>: also for a vmalloc address.</returns>
    /// <remarks>Kernel: <c>dma_map_single_attrs()</c> (<c>include/linux/dma-mapping.h</c>).</remarks>
    /// <exception cref="ArgumentException">The address is neither in the linear map nor in the vmalloc range.</exception>
    public DmaAddress MapSingle(
        Device device, VirtualAddress address, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None)
    {
        if (Machine.IsLinear(address))
            return MapPhys(device, Machine.ToPhysical(address), size, direction, attributes);
        if (!Machine.IsVmalloc(address))
            throw new ArgumentException($"{address} is not an address of the linear map.", nameof(address));
        Log.WriteOnce("vmalloc", KernelLogLevel.Warning, device, "rejecting DMA map of vmalloc memory");
        return DmaAddress.MappingError;
    }

    /// <summary>Maps a part of a page (or of physically contiguous pages).</summary>
    /// <remarks>Kernel: <c>dma_map_page_attrs()</c> (<c>kernel/dma/mapping.c</c>).</remarks>
    /// <inheritdoc cref="MapPhys"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public DmaAddress MapPage(
        Device device, PhysicalAddress page, ulong offset, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None) =>
        MapPhys(device, page + offset, size, direction, attributes);

    /// <summary>Maps physically contiguous memory for the device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="address">First byte.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="direction">Who writes while the device owns the buffer.</param>
    /// <param name="attributes">Attributes; those this kernel does not know are ignored.</param>
    /// <returns>The DMA address, or <see cref="DmaAddress.MappingError"/>. Check it with <see cref="MappingError"/>.</returns>
    /// <remarks>Kernel: <c>dma_map_phys()</c> (6.18; before that the body of <c>dma_map_page_attrs()</c>) and <c>dma_direct_map_page()</c>.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The direction is <see cref="DmaDirection.None"/> or no direction; the buffer must bounce and has no bytes, or wraps around.
    /// </exception>
    /// <exception cref="NotSupportedException">The device is behind an IOMMU.</exception>
    public DmaAddress MapPhys(
        Device device, PhysicalAddress address, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None)
    {
        if (!TryBegin(device, direction))
            return DmaAddress.MappingError;
        DmaAddress dma = MapDirect(device, address, size, direction, attributes);
        _observer?.Mapped(device, dma, address, size, direction, attributes);
        return dma;
    }

    /// <summary>Maps device registers or other memory that is not RAM. Never bounced, no cache maintenance.</summary>
    /// <returns>The DMA address, which equals the physical one, or <see cref="DmaAddress.MappingError"/> beyond the device's reach.</returns>
    /// <remarks>Kernel: <c>dma_map_resource()</c>; from 6.18 a map with <c>DMA_ATTR_MMIO</c>, which also fails for devices forced to bounce.</remarks>
    public DmaAddress MapResource(
        Device device, PhysicalAddress address, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None)
    {
        if (!TryBegin(device, direction))
            return DmaAddress.MappingError;
        DmaAddress dma = _kernel.MapPhys
            ? MapSpecial(device, address, size, direction, attributes | DmaAttributes.Mmio)
            : MapMmio(device, address, size);
        _observer?.MappedResource(device, dma, address, size, direction, attributes);
        return dma;
    }

    /// <summary>Ends a mapping made from a kernel address.</summary>
    /// <remarks>Kernel: <c>dma_unmap_single_attrs()</c>.</remarks>
    /// <inheritdoc cref="UnmapPhys"/>
    public void UnmapSingle(Device device, DmaAddress address, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None) =>
        UnmapPhys(device, address, size, direction, attributes);

    /// <summary>Ends a mapping of a page.</summary>
    /// <remarks>Kernel: <c>dma_unmap_page_attrs()</c>.</remarks>
    /// <inheritdoc cref="UnmapPhys"/>
    public void UnmapPage(Device device, DmaAddress address, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None) =>
        UnmapPhys(device, address, size, direction, attributes);

    /// <summary>Ends a mapping: the CPU owns the buffer again.</summary>
    /// <param name="device">The device.</param>
    /// <param name="address">What the map returned.</param>
    /// <param name="size">Bytes, as mapped.</param>
    /// <param name="direction">Direction, as mapped.</param>
    /// <param name="attributes">With SKIP_CPU_SYNC a bounced buffer is released without copying back what the device wrote.</param>
    /// <remarks>Kernel: <c>dma_unmap_phys()</c> and <c>dma_direct_unmap_page()</c>. Nothing checks the arguments; an observer may.</remarks>
    public void UnmapPhys(Device device, DmaAddress address, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None)
    {
        Expect(device, direction);
        UnmapDirect(device, address, size, direction, attributes);
        _observer?.Unmapped(device, address, size, direction, attributes);
    }

    /// <summary>Ends a mapping of registers. Does nothing.</summary>
    /// <remarks>Kernel: <c>dma_unmap_resource()</c>.</remarks>
    public void UnmapResource(Device device, DmaAddress address, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None)
    {
        Expect(device, direction);
        _observer?.UnmappedResource(device, address, size, direction, attributes);
    }

    /// <summary>Whether a map failed. Drivers must ask.</summary>
    /// <returns><see cref="Errno.NoMemory"/> for <see cref="DmaAddress.MappingError"/>, otherwise <see cref="Errno.None"/>.</returns>
    /// <remarks>Kernel: <c>dma_mapping_error()</c>.</remarks>
    public Errno MappingError(Device device, DmaAddress address)
    {
        _observer?.ErrorChecked(device, address);
        return address.IsMapped ? Errno.None : Errno.NoMemory;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private DmaAddress MapDirect(Device device, PhysicalAddress address, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
        if ((attributes & _special) != 0)
            return MapSpecial(device, address, size, direction, attributes);
        SwiotlbAllocator? allocator = AllocatorOf(device);
        if (allocator is { ForceBounce: true })
            return Bounce(device, allocator, address, size, direction, attributes);

        // An address that no window covers is all ones already, whatever the encryption bit.
        DmaAddress dma = _rules.ToDma(device, address);
        if (!Capable(device, dma, size, attributes) || _rules.NeedsKmallocBounce(device, size, direction, attributes))
            return BounceOrFail(device, allocator, address, dma, size, direction, attributes);

        if ((attributes & DmaAttributes.SkipCpuSync) == 0 && !_rules.IsCoherent(device))
            _memory.Clean(address, size);
        return dma;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Capable(Device device, DmaAddress address, ulong size, DmaAttributes attributes)
    {
        // From 7.3 a device that sees only decrypted memory is not capable of private memory.
        if (_kernel.CcShared == CcShared.Explicit && (attributes & DmaAttributes.CcShared) == 0 && _rules.ForcesUnencrypted(device))
            return false;
        return Direct.DirectRules.IsCapable(device, address, size);
    }

    private DmaAddress BounceOrFail(
        Device device, SwiotlbAllocator? allocator, PhysicalAddress address, DmaAddress dma, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
        if (allocator is not null)
            return Bounce(device, allocator, address, size, direction, attributes);
        WarnUnreachable("DMA addr", dma, size, device);
        return DmaAddress.MappingError;
    }

    /// <summary>Maps with an attribute that changes the path: MMIO, REQUIRE_COHERENT, CC_SHARED.</summary>
    private DmaAddress MapSpecial(Device device, PhysicalAddress address, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
        SwiotlbAllocator? allocator = AllocatorOf(device);
        bool forced = allocator is { ForceBounce: true };
        if (_kernel.MapPhys && (attributes & DmaAttributes.Mmio) != 0)
            return forced ? DmaAddress.MappingError : MapMmio(device, address, size);
        if ((attributes & _refusesBounce & DmaAttributes.RequireCoherent) != 0 && (forced || !_rules.IsCoherent(device)))
            return DmaAddress.MappingError;

        DmaAddress dma;
        if ((attributes & DmaAttributes.CcShared) == 0 || _kernel.CcShared == CcShared.Unknown)
        {
            if (forced)
                return Bounce(device, allocator!, address, size, direction, attributes);
            dma = _rules.ToDma(device, address);
        }
        else
        {
            if (_kernel.CcShared == CcShared.ForcedDevicesOnly && !forced)
                return DmaAddress.MappingError;
            dma = Direct.DirectRules.ToDmaUnencrypted(device, address);
        }

        if (!Capable(device, dma, size, attributes) || _rules.NeedsKmallocBounce(device, size, direction, attributes))
            return BounceOrFail(device, allocator, address, dma, size, direction, attributes);
        if ((attributes & DmaAttributes.SkipCpuSync) == 0 && !_rules.IsCoherent(device))
            _memory.Clean(address, size);
        return dma;
    }

    private DmaAddress MapMmio(Device device, PhysicalAddress address, ulong size)
    {
        var dma = new DmaAddress(address.Value);
        if (Direct.DirectRules.IsCapable(device, dma, size))
            return dma;
        WarnUnreachable("MMIO addr", dma, size, device);
        return DmaAddress.MappingError;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void UnmapDirect(Device device, DmaAddress address, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
        if ((attributes & _special & (DmaAttributes.Mmio | DmaAttributes.RequireCoherent)) != 0)
            return;
        PhysicalAddress physical = _rules.ToPhysical(device, address);
        SwiotlbAllocator? allocator = AllocatorOf(device);
        SwiotlbPool? pool = allocator?.FindPool(device, physical);
        bool skip = (attributes & DmaAttributes.SkipCpuSync) != 0;
        if (!skip && direction != DmaDirection.ToDevice && !_rules.IsCoherent(device))
            _memory.Invalidate(physical, size);
        if (pool is not null)
            EndBounce(device, allocator!, pool, physical, size, copyOut: direction != DmaDirection.ToDevice && !(skip && _kernel.CopyOutObeysSkip));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WarnUnreachable(string what, DmaAddress address, ulong size, Device device)
    {
        if (Log.IsFirst(what))
            Log.Write(KernelLogLevel.Warning, device, $"{what} 0x{address.Value:x16}+{size} overflow (mask {device.DmaMask:x}, bus limit {device.BusDmaLimit:x}).");
    }
}
