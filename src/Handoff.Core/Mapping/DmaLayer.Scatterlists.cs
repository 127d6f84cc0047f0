using Handoff.Kernels;

namespace Handoff;

/// <content>Lists of buffers.</content>
public sealed partial class DmaLayer<TMemory>
{
    /// <summary>Maps a list; entries bounce independently, and are never merged.</summary>
    /// <param name="device">The device.</param>
    /// <param name="entries">The entries; their DMA side is filled in.</param>
    /// <param name="direction">Direction of the mapping.</param>
    /// <param name="attributes">Attributes of the mapping.</param>
    /// <returns>Number of DMA segments, or 0 if the map failed (nothing stays mapped).</returns>
    /// <remarks>Kernel: <c>dma_map_sg_attrs()</c>.</remarks>
    public int MapSg(Device device, Span<ScatterlistEntry> entries, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None) =>
        TryBegin(device, direction) && MapSgDirect(device, entries, direction, attributes) == Errno.None ? entries.Length : 0;

    /// <summary>Maps a table and tells why it failed.</summary>
    /// <returns>
    /// <see cref="Errno.None"/>; <see cref="Errno.IO"/> if an entry cannot be mapped; <see cref="Errno.RemoteIO"/> for
    /// unreachable peer-to-peer memory. With no DMA mask at all: success with no segments, as in the kernel.
    /// </returns>
    /// <remarks>Kernel: <c>dma_map_sgtable()</c>.</remarks>
    public Errno MapSgTable(Device device, SgTable table, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None)
    {
        if (!TryBegin(device, direction))
        {
            table.Nents = 0;
            return Errno.None;
        }

        Errno error = MapSgDirect(device, table.Entries, direction, attributes);
        if (error == Errno.None)
            table.Nents = table.OrigNents;
        return error;
    }

    /// <summary>Ends the mapping of a list. Give it all entries, not only the segments.</summary>
    /// <remarks>Kernel: <c>dma_unmap_sg_attrs()</c>.</remarks>
    public void UnmapSg(Device device, Span<ScatterlistEntry> entries, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None)
    {
        Expect(device, direction);
        _observer?.UnmappingSg(device, entries, direction, attributes);
        UnmapSgDirect(device, entries, direction, attributes);
    }

    /// <summary>Ends the mapping of a table. Kernel: <c>dma_unmap_sgtable()</c>.</summary>
    public void UnmapSgTable(Device device, SgTable table, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None) =>
        UnmapSg(device, table.Entries, direction, attributes);

    /// <summary>The CPU may look at what the device wrote to a list. Kernel: <c>dma_sync_sg_for_cpu()</c>.</summary>
    public void SyncSgForCpu(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction)
    {
        if (!SkipsSync(device))
        {
            Expect(device, direction);
            foreach (ref readonly ScatterlistEntry entry in entries)
                SyncForCpu(device, entry.DmaAddress, entry.Length, direction);
        }

        _observer?.SyncedSgForCpu(device, entries, direction);
    }

    /// <summary>The device may use what the CPU wrote to a list. Kernel: <c>dma_sync_sg_for_device()</c>.</summary>
    public void SyncSgForDevice(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction)
    {
        if (!SkipsSync(device))
        {
            Expect(device, direction);
            foreach (ref readonly ScatterlistEntry entry in entries)
                SyncForDevice(device, entry.DmaAddress, entry.Length, direction);
        }

        _observer?.SyncedSgForDevice(device, entries, direction);
    }

    /// <summary><see cref="SyncSgForCpu"/> of a whole table. Kernel: <c>dma_sync_sgtable_for_cpu()</c>.</summary>
    public void SyncSgTableForCpu(Device device, SgTable table, DmaDirection direction) => SyncSgForCpu(device, table.Entries, direction);

    /// <summary><see cref="SyncSgForDevice"/> of a whole table. Kernel: <c>dma_sync_sgtable_for_device()</c>.</summary>
    public void SyncSgTableForDevice(Device device, SgTable table, DmaDirection direction) => SyncSgForDevice(device, table.Entries, direction);

    private Errno MapSgDirect(Device device, Span<ScatterlistEntry> entries, DmaDirection direction, DmaAttributes attributes)
    {
        int mapped = 0;
        Errno error;
        try
        {
            error = MapEntries(device, entries, direction, attributes, ref mapped);
        }
        catch
        {
            UnmapSgDirect(device, entries[..mapped], direction, attributes | DmaAttributes.SkipCpuSync);
            throw;
        }

        if (error == Errno.None)
            _observer?.MappedSg(device, entries, direction, attributes);
        else
            UnmapSgDirect(device, entries[..mapped], direction, attributes | DmaAttributes.SkipCpuSync);
        return error;
    }

    /// <summary>Maps entry after entry; tells how many are mapped also when one fails or throws.</summary>
    private Errno MapEntries(Device device, Span<ScatterlistEntry> entries, DmaDirection direction, DmaAttributes attributes, ref int mapped)
    {
        for (; mapped < entries.Length; mapped++)
        {
            ref ScatterlistEntry entry = ref entries[mapped];
            if (entry.PeerToPeer == PeerToPeer.BusAddress)
            {
                entry.DmaAddress = new(unchecked(entry.Address.Value + (ulong)entry.BusOffset));
                entry.DmaLength = entry.Length;
                entry.Flags |= SgDmaFlags.BusAddress;
                continue;
            }

            if (entry.PeerToPeer == PeerToPeer.NotSupported)
                return Errno.RemoteIO;

            entry.DmaAddress = entry.PeerToPeer == PeerToPeer.ThroughHostBridge
                ? MapPeer(device, entry, direction, attributes)
                : MapDirect(device, entry.Address, entry.Length, direction, attributes);
            if (!entry.DmaAddress.IsMapped)
                return Errno.IO;
            entry.DmaLength = entry.Length;
            if (_kernel.SgSwiotlbFlag == SgSwiotlbFlag.Direct && IsBounced(device, entry.DmaAddress))
                entry.Flags |= SgDmaFlags.Swiotlb;
        }

        return Errno.None;
    }

    /// <summary>
    /// Maps a peer's memory behind the host bridge: like RAM, but where RAM would bounce it fails silently. Where MMIO is an attribute, as MMIO.
    /// </summary>
    private DmaAddress MapPeer(Device device, in ScatterlistEntry entry, DmaDirection direction, DmaAttributes attributes) =>
        _kernel.MapPhys ? MapSpecial(device, entry.Address, entry.Length, direction, attributes | DmaAttributes.Mmio)
        : ReasonToBounce(device, entry.Address, entry.Length, direction, attributes) == Direct.BounceReason.None
            ? MapDirect(device, entry.Address, entry.Length, direction, attributes)
            : DmaAddress.MappingError;

    private void UnmapSgDirect(Device device, Span<ScatterlistEntry> entries, DmaDirection direction, DmaAttributes attributes)
    {
        foreach (ref ScatterlistEntry entry in entries)
        {
            if ((entry.Flags & SgDmaFlags.BusAddress) != 0)
                entry.Flags &= ~SgDmaFlags.BusAddress;
            else
                UnmapDirect(device, entry.DmaAddress, entry.DmaLength, direction, entry.PeerToPeer == PeerToPeer.ThroughHostBridge ? attributes | DmaAttributes.Mmio : attributes);
        }
    }
}
