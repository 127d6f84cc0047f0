using System.Runtime.CompilerServices;

namespace Handoff;

/// <content>Passing a mapped buffer back and forth without unmapping it.</content>
public sealed partial class DmaLayer<TMemory>
{
    /// <summary>The CPU may look at what the device wrote.</summary>
    /// <param name="device">The device.</param>
    /// <param name="address">DMA address within a mapping.</param>
    /// <param name="size">Bytes; may be a part of the mapping.</param>
    /// <param name="direction">Direction, as mapped.</param>
    /// <remarks>Kernel: <c>dma_sync_single_for_cpu()</c>: invalidate first, then copy out of the slot.</remarks>
    public void SyncSingleForCpu(Device device, DmaAddress address, ulong size, DmaDirection direction)
    {
        if (!SkipsSync(device))
        {
            Expect(device, direction);
            SyncForCpu(device, address, size, direction);
        }

        _observer?.SyncedForCpu(device, address, size, direction);
    }

    /// <summary>The device may use what the CPU wrote.</summary>
    /// <remarks>Kernel: <c>dma_sync_single_for_device()</c>: copy into the slot first, then clean.</remarks>
    /// <inheritdoc cref="SyncSingleForCpu"/>
    public void SyncSingleForDevice(Device device, DmaAddress address, ulong size, DmaDirection direction)
    {
        if (!SkipsSync(device))
        {
            Expect(device, direction);
            SyncForDevice(device, address, size, direction);
        }

        _observer?.SyncedForDevice(device, address, size, direction);
    }

    /// <summary><see cref="SyncSingleForCpu"/> of a part. Kernel: <c>dma_sync_single_range_for_cpu()</c>.</summary>
    public void SyncSingleRangeForCpu(Device device, DmaAddress address, ulong offset, ulong size, DmaDirection direction) =>
        SyncSingleForCpu(device, address + offset, size, direction);

    /// <summary><see cref="SyncSingleForDevice"/> of a part. Kernel: <c>dma_sync_single_range_for_device()</c>.</summary>
    public void SyncSingleRangeForDevice(Device device, DmaAddress address, ulong offset, ulong size, DmaDirection direction) =>
        SyncSingleForDevice(device, address + offset, size, direction);

    /// <summary>Whether syncs of this address do anything. Drivers may skip them otherwise.</summary>
    /// <remarks>Kernel: <c>dma_need_sync()</c> (6.10).</remarks>
    public bool NeedSync(Device device, DmaAddress address)
    {
        if (device.BehindIommu)
            ThrowIommu(device);
        return !SkipsSync(device) && (!_rules.IsCoherent(device) || IsBounced(device, address));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool SkipsSync(Device device) => device.SkipSync && !_kernel.DmaApiDebug;

    private void SyncForCpu(Device device, DmaAddress address, ulong size, DmaDirection direction)
    {
        PhysicalAddress physical = _rules.ToPhysical(device, address);
        if (direction == DmaDirection.ToDevice)
            return;
        if (!_rules.IsCoherent(device))
            _memory.Invalidate(physical, size);
        if (AllocatorOf(device)?.FindPool(device, physical) is { } pool)
            CopyBounced(device, pool, physical, size, toDevice: false);
    }

    private void SyncForDevice(Device device, DmaAddress address, ulong size, DmaDirection direction)
    {
        PhysicalAddress physical = _rules.ToPhysical(device, address);
        if (AllocatorOf(device)?.FindPool(device, physical) is { } pool
            && (direction != DmaDirection.FromDevice || _kernel.SyncForDeviceCopiesFromDevice))
            CopyBounced(device, pool, physical, size, toDevice: true);
        if (!_rules.IsCoherent(device))
            _memory.Clean(physical, size);
    }
}
