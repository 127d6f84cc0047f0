namespace Handoff.Tracing.Recordings;

/// <summary>Names of kinds of events in outputs and filters: one name whatever the kernel called the event.</summary>
public static class DmaEventKindNames
{
    private static readonly string[] Names =
    [
        "unknown", "marker", "lost", "map_page", "unmap_page", "map_resource", "unmap_resource", "alloc", "alloc_pages", "alloc_sgt",
        "alloc_sgt_err", "free", "free_pages", "free_sgt", "map_sg", "map_sg_err", "unmap_sg", "sync_single_for_cpu",
        "sync_single_for_device", "sync_sg_for_cpu", "sync_sg_for_device", "swiotlb_bounced", "dma_buf_export", "dma_buf_mmap_internal",
        "dma_buf_mmap", "dma_buf_put", "dma_buf_fd", "dma_buf_get", "dma_buf_dynamic_attach", "dma_buf_detach",
    ];

    /// <summary>All names, in the order of <see cref="DmaEventKind"/>.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>The name of a kind: <c>map_page</c>, <c>swiotlb_bounced</c>.</summary>
    public static string Of(DmaEventKind kind) => Names[(int)kind];
}
