namespace Handoff.Tracing.Recordings;

/// <summary>What an event of a recording reports. Renamed kernel events share one kind.</summary>
/// <remarks>Kernel: <c>include/trace/events/dma.h</c>, <c>swiotlb.h</c>, <c>dma_buf.h</c>.</remarks>
public enum DmaEventKind
{
    /// <summary>An event this library does not interpret. <see cref="RecordingReader.EventName(int)"/> names it where the recording does.</summary>
    Unknown = 0,

    /// <summary>Text written by a program or a driver (<c>tracing_mark_write</c>, <c>trace_printk</c>): <see cref="DmaEvent.Text"/>.</summary>
    Marker,

    /// <summary>Events were lost here on this CPU: <see cref="DmaEvent.LostCount"/>, zero when the number is not recorded.</summary>
    LostEvents,

    /// <summary><c>dma_map_page</c>, since 6.18 <c>dma_map_phys</c>. Also logged on failure, with <see cref="DmaAddress.MappingError"/>.</summary>
    MapPage,

    /// <summary><c>dma_unmap_page</c>, since 6.18 <c>dma_unmap_phys</c>. Logged after the mapping is gone.</summary>
    UnmapPage,

    /// <summary><c>dma_map_resource</c> (until 6.18).</summary>
    MapResource,

    /// <summary><c>dma_unmap_resource</c> (until 6.18).</summary>
    UnmapResource,

    /// <summary><c>dma_alloc</c>: coherent memory. A failed one has a zero virtual address.</summary>
    Alloc,

    /// <summary><c>dma_alloc_pages</c>.</summary>
    AllocPages,

    /// <summary><c>dma_alloc_sgt</c>: memory given as a list of physical ranges.</summary>
    AllocSgt,

    /// <summary><c>dma_alloc_sgt_err</c>: such an allocation failed.</summary>
    AllocSgtErr,

    /// <summary><c>dma_free</c>. Logged before the release.</summary>
    Free,

    /// <summary><c>dma_free_pages</c>.</summary>
    FreePages,

    /// <summary><c>dma_free_sgt</c>.</summary>
    FreeSgt,

    /// <summary><c>dma_map_sg</c>: logged on success only, since 7.0 (and in stable kernels) with at most 128 entries.</summary>
    MapSg,

    /// <summary><c>dma_map_sg_err</c>: logged only for error numbers the kernel did not expect.</summary>
    MapSgErr,

    /// <summary><c>dma_unmap_sg</c>: physical addresses only.</summary>
    UnmapSg,

    /// <summary><c>dma_sync_single_for_cpu</c>.</summary>
    SyncSingleForCpu,

    /// <summary><c>dma_sync_single_for_device</c>.</summary>
    SyncSingleForDevice,

    /// <summary><c>dma_sync_sg_for_cpu</c>.</summary>
    SyncSgForCpu,

    /// <summary><c>dma_sync_sg_for_device</c>.</summary>
    SyncSgForDevice,

    /// <summary><c>swiotlb_bounced</c>: a bounce is attempted; logged before its map event, also when no slot is found.</summary>
    SwiotlbBounced,

    /// <summary><c>dma_buf_export</c> (7.0).</summary>
    DmaBufExport,

    /// <summary><c>dma_buf_mmap_internal</c> (7.0).</summary>
    DmaBufMmapInternal,

    /// <summary><c>dma_buf_mmap</c> (7.0).</summary>
    DmaBufMmap,

    /// <summary><c>dma_buf_put</c> (7.0).</summary>
    DmaBufPut,

    /// <summary><c>dma_buf_fd</c> (7.0).</summary>
    DmaBufFd,

    /// <summary><c>dma_buf_get</c> (7.0).</summary>
    DmaBufGet,

    /// <summary><c>dma_buf_dynamic_attach</c> (7.0).</summary>
    DmaBufDynamicAttach,

    /// <summary><c>dma_buf_detach</c> (7.0).</summary>
    DmaBufDetach,
}
