namespace Handoff.Litmus.Language;

/// <summary>The calls that a litmus test can make, by the kernel's names.</summary>
public enum ApiFunction
{
    /// <summary>Maps memory by its kernel address. Kernel: <c>dma_map_single()</c>.</summary>
    DmaMapSingle,

    /// <summary>Maps memory by its kernel address, with attributes. Kernel: <c>dma_map_single_attrs()</c>.</summary>
    DmaMapSingleAttrs,

    /// <summary>Unmaps memory by its kernel address. Kernel: <c>dma_unmap_single()</c>.</summary>
    DmaUnmapSingle,

    /// <summary>Unmaps memory by its kernel address, with attributes. Kernel: <c>dma_unmap_single_attrs()</c>.</summary>
    DmaUnmapSingleAttrs,

    /// <summary>Maps a page and an offset. Kernel: <c>dma_map_page()</c>.</summary>
    DmaMapPage,

    /// <summary>Maps a page and an offset, with attributes. Kernel: <c>dma_map_page_attrs()</c>.</summary>
    DmaMapPageAttrs,

    /// <summary>Unmaps a page and an offset. Kernel: <c>dma_unmap_page()</c>.</summary>
    DmaUnmapPage,

    /// <summary>Unmaps a page and an offset, with attributes. Kernel: <c>dma_unmap_page_attrs()</c>.</summary>
    DmaUnmapPageAttrs,

    /// <summary>Maps a physical address (6.18). Kernel: <c>dma_map_phys()</c>.</summary>
    DmaMapPhys,

    /// <summary>Unmaps a physical address (6.18). Kernel: <c>dma_unmap_phys()</c>.</summary>
    DmaUnmapPhys,

    /// <summary>Maps registers that are not RAM. Kernel: <c>dma_map_resource()</c>.</summary>
    DmaMapResource,

    /// <summary>Unmaps registers that are not RAM. Kernel: <c>dma_unmap_resource()</c>.</summary>
    DmaUnmapResource,

    /// <summary>Maps a scatterlist; 0 on failure. Kernel: <c>dma_map_sg()</c>.</summary>
    DmaMapSg,

    /// <summary>Maps a scatterlist, with attributes; 0 on failure. Kernel: <c>dma_map_sg_attrs()</c>.</summary>
    DmaMapSgAttrs,

    /// <summary>Maps a scatter-gather table; an error number on failure. Kernel: <c>dma_map_sgtable()</c>.</summary>
    DmaMapSgtable,

    /// <summary>Unmaps a scatterlist. Kernel: <c>dma_unmap_sg()</c>.</summary>
    DmaUnmapSg,

    /// <summary>Unmaps a scatterlist, with attributes. Kernel: <c>dma_unmap_sg_attrs()</c>.</summary>
    DmaUnmapSgAttrs,

    /// <summary>Unmaps a scatter-gather table. Kernel: <c>dma_unmap_sgtable()</c>.</summary>
    DmaUnmapSgtable,

    /// <summary>Gives a mapping to the CPU. Kernel: <c>dma_sync_single_for_cpu()</c>.</summary>
    DmaSyncSingleForCpu,

    /// <summary>Gives a part of a mapping to the CPU. Kernel: <c>dma_sync_single_range_for_cpu()</c>.</summary>
    DmaSyncSingleRangeForCpu,

    /// <summary>Gives a mapped list to the CPU. Kernel: <c>dma_sync_sg_for_cpu()</c>.</summary>
    DmaSyncSgForCpu,

    /// <summary>Gives a mapped table to the CPU. Kernel: <c>dma_sync_sgtable_for_cpu()</c>.</summary>
    DmaSyncSgtableForCpu,

    /// <summary>Gives a mapping to the device. Kernel: <c>dma_sync_single_for_device()</c>.</summary>
    DmaSyncSingleForDevice,

    /// <summary>Gives a part of a mapping to the device. Kernel: <c>dma_sync_single_range_for_device()</c>.</summary>
    DmaSyncSingleRangeForDevice,

    /// <summary>Gives a mapped list to the device. Kernel: <c>dma_sync_sg_for_device()</c>.</summary>
    DmaSyncSgForDevice,

    /// <summary>Gives a mapped table to the device. Kernel: <c>dma_sync_sgtable_for_device()</c>.</summary>
    DmaSyncSgtableForDevice,

    /// <summary>Asks whether a map failed. Kernel: <c>dma_mapping_error()</c>.</summary>
    DmaMappingError,

    /// <summary>Asks whether syncs of a mapping do anything. Kernel: <c>dma_need_sync()</c>.</summary>
    DmaNeedSync,

    /// <summary>Sets the streaming mask. Kernel: <c>dma_set_mask()</c>.</summary>
    DmaSetMask,

    /// <summary>Sets the mask for coherent allocations. Kernel: <c>dma_set_coherent_mask()</c>.</summary>
    DmaSetCoherentMask,

    /// <summary>Sets both masks. Kernel: <c>dma_set_mask_and_coherent()</c>.</summary>
    DmaSetMaskAndCoherent,

    /// <summary>Allocates coherent memory. Kernel: <c>dma_alloc_coherent()</c>.</summary>
    DmaAllocCoherent,

    /// <summary>Allocates write-combined coherent memory. Kernel: <c>dma_alloc_wc()</c>.</summary>
    DmaAllocWc,

    /// <summary>Allocates coherent memory, with attributes. Kernel: <c>dma_alloc_attrs()</c>.</summary>
    DmaAllocAttrs,

    /// <summary>Frees coherent memory. Kernel: <c>dma_free_coherent()</c>.</summary>
    DmaFreeCoherent,

    /// <summary>Frees write-combined coherent memory. Kernel: <c>dma_free_wc()</c>.</summary>
    DmaFreeWc,

    /// <summary>Frees coherent memory, with attributes. Kernel: <c>dma_free_attrs()</c>.</summary>
    DmaFreeAttrs,

    /// <summary>Allocates cached memory that is synced like a reused map. Kernel: <c>dma_alloc_noncoherent()</c>.</summary>
    DmaAllocNoncoherent,

    /// <summary>Frees memory of dma_alloc_noncoherent. Kernel: <c>dma_free_noncoherent()</c>.</summary>
    DmaFreeNoncoherent,

    /// <summary>Allocates cached pages that are synced like a reused map. Kernel: <c>dma_alloc_pages()</c>.</summary>
    DmaAllocPages,

    /// <summary>Frees memory of dma_alloc_pages. Kernel: <c>dma_free_pages()</c>.</summary>
    DmaFreePages,

    /// <summary>Attaches an importer. Kernel: <c>dma_buf_attach()</c>.</summary>
    DmaBufAttach,

    /// <summary>Detaches an importer. Kernel: <c>dma_buf_detach()</c>.</summary>
    DmaBufDetach,

    /// <summary>Maps the buffer for the importer. Kernel: <c>dma_buf_map_attachment()</c>.</summary>
    DmaBufMapAttachment,

    /// <summary>Maps the buffer for the importer, taking the lock. Kernel: <c>dma_buf_map_attachment_unlocked()</c>.</summary>
    DmaBufMapAttachmentUnlocked,

    /// <summary>Ends an importer's mapping. Kernel: <c>dma_buf_unmap_attachment()</c>.</summary>
    DmaBufUnmapAttachment,

    /// <summary>Ends an importer's mapping, taking the lock. Kernel: <c>dma_buf_unmap_attachment_unlocked()</c>.</summary>
    DmaBufUnmapAttachmentUnlocked,

    /// <summary>Gives the buffer to the CPU. Kernel: <c>dma_buf_begin_cpu_access()</c>.</summary>
    DmaBufBeginCpuAccess,

    /// <summary>Gives the buffer back. Kernel: <c>dma_buf_end_cpu_access()</c>.</summary>
    DmaBufEndCpuAccess,

    /// <summary>Fixes the buffer where it is. Kernel: <c>dma_buf_pin()</c>.</summary>
    DmaBufPin,

    /// <summary>Lets the buffer move again. Kernel: <c>dma_buf_unpin()</c>.</summary>
    DmaBufUnpin,

    /// <summary>Maps the buffer into the kernel. Kernel: <c>dma_buf_vmap()</c>.</summary>
    DmaBufVmap,

    /// <summary>Ends a kernel mapping. Kernel: <c>dma_buf_vunmap()</c>.</summary>
    DmaBufVunmap,

    /// <summary>The dma-buf SYNC ioctl. User space: <c>ioctl(fd, DMA_BUF_IOCTL_SYNC, …)</c>.</summary>
    Ioctl,

    /// <summary>Frees a buffer: kfree, vfree, put_page, or the last close of a dma-buf.</summary>
    Free,
}
