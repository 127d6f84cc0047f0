namespace Handoff.Tracing.Recordings;

/// <summary>The kernel's names of the events this library interprets.</summary>
internal static class DmaEventNames
{
    internal static DmaEventKind KindOf(string name) => name switch
    {
        "dma_map_page" or "dma_map_phys" => DmaEventKind.MapPage,
        "dma_unmap_page" or "dma_unmap_phys" => DmaEventKind.UnmapPage,
        "dma_map_resource" => DmaEventKind.MapResource,
        "dma_unmap_resource" => DmaEventKind.UnmapResource,
        "dma_alloc" => DmaEventKind.Alloc,
        "dma_alloc_pages" => DmaEventKind.AllocPages,
        "dma_alloc_sgt" => DmaEventKind.AllocSgt,
        "dma_alloc_sgt_err" => DmaEventKind.AllocSgtErr,
        "dma_free" => DmaEventKind.Free,
        "dma_free_pages" => DmaEventKind.FreePages,
        "dma_free_sgt" => DmaEventKind.FreeSgt,
        "dma_map_sg" => DmaEventKind.MapSg,
        "dma_map_sg_err" => DmaEventKind.MapSgErr,
        "dma_unmap_sg" => DmaEventKind.UnmapSg,
        "dma_sync_single_for_cpu" => DmaEventKind.SyncSingleForCpu,
        "dma_sync_single_for_device" => DmaEventKind.SyncSingleForDevice,
        "dma_sync_sg_for_cpu" => DmaEventKind.SyncSgForCpu,
        "dma_sync_sg_for_device" => DmaEventKind.SyncSgForDevice,
        "swiotlb_bounced" => DmaEventKind.SwiotlbBounced,
        "dma_buf_export" => DmaEventKind.DmaBufExport,
        "dma_buf_mmap_internal" => DmaEventKind.DmaBufMmapInternal,
        "dma_buf_mmap" => DmaEventKind.DmaBufMmap,
        "dma_buf_put" => DmaEventKind.DmaBufPut,
        "dma_buf_fd" => DmaEventKind.DmaBufFd,
        "dma_buf_get" => DmaEventKind.DmaBufGet,
        "dma_buf_dynamic_attach" => DmaEventKind.DmaBufDynamicAttach,
        "dma_buf_detach" => DmaEventKind.DmaBufDetach,
        "tracing_mark_write" or "print" or "bprint" or "bputs" => DmaEventKind.Marker,
        _ => DmaEventKind.Unknown,
    };
}
