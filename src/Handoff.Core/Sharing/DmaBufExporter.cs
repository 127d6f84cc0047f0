namespace Handoff.Sharing;

/// <summary>Whoever owns the memory of a dma-buf: decides how importers are mapped and what CPU access costs.</summary>
/// <remarks>
/// Kernel: <c>struct dma_buf_ops</c> (<c>include/linux/dma-buf.h</c>, 6.12). Derive from it for an exporter of your own; the
/// ready ones are <see cref="HeapExporter{TMemory}"/> and <see cref="UdmabufExporter{TMemory}"/>.
/// </remarks>
/// <typeparam name="TMemory">What stands for memory.</typeparam>
public abstract class DmaBufExporter<TMemory>
    where TMemory : struct, IMemory
{
    /// <summary>Makes an exporter on a booted machine.</summary>
    protected DmaBufExporter(DmaLayer<TMemory> layer) => Layer = layer;

    /// <summary>The machine's mapping layer.</summary>
    public DmaLayer<TMemory> Layer { get; }

    /// <summary>Name as in tools: <c>system</c>, <c>udmabuf</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether the first table of an attachment is kept until detach. Kernel: <c>cache_sgt_mapping</c>.</summary>
    public virtual bool CachesTables => false;

    /// <summary>Whether the memory may move between maps. Kernel: an exporter with <c>pin</c>.</summary>
    public virtual bool IsDynamic => false;

    /// <summary>Whether user space looks at the memory past the caches (write-combine).</summary>
    public virtual bool IsUncached => false;

    /// <summary>A device wants to import. May refuse, by contract with <see cref="Errno.Busy"/> if it cannot reach the memory.</summary>
    /// <remarks>Kernel: <c>dma_buf_ops.attach</c>.</remarks>
    public virtual Errno Attach(DmaBufAttachment<TMemory> attachment) => Errno.None;

    /// <summary>The device is done. Kernel: <c>dma_buf_ops.detach</c>.</summary>
    public virtual void Detach(DmaBufAttachment<TMemory> attachment)
    {
    }

    /// <summary>Maps the memory for an attachment. The reservation lock is held.</summary>
    /// <param name="attachment">The importer's tie.</param>
    /// <param name="direction">Direction of the mapping.</param>
    /// <param name="table">A mapped table that is the attachment's alone; <see langword="null"/> on failure.</param>
    /// <returns><see cref="Errno.None"/>, or what the importer's map call returns.</returns>
    /// <remarks>Kernel: <c>dma_buf_ops.map_dma_buf</c>.</remarks>
    public abstract Errno Map(DmaBufAttachment<TMemory> attachment, DmaDirection direction, out SgTable? table);

    /// <summary>Ends a mapping. The reservation lock is held. Kernel: <c>dma_buf_ops.unmap_dma_buf</c>.</summary>
    public abstract void Unmap(DmaBufAttachment<TMemory> attachment, SgTable table, DmaDirection direction);

    /// <summary>The CPU is about to access the memory. Several threads may call it at once. Kernel: <c>dma_buf_ops.begin_cpu_access</c>.</summary>
    public virtual Errno BeginCpuAccess(DmaBuf<TMemory> buffer, DmaDirection direction) => Errno.None;

    /// <summary>The CPU is done. Kernel: <c>dma_buf_ops.end_cpu_access</c>.</summary>
    public virtual Errno EndCpuAccess(DmaBuf<TMemory> buffer, DmaDirection direction) => Errno.None;

    /// <summary>Keeps the memory where it is. Dynamic exporters only. Kernel: <c>dma_buf_ops.pin</c>.</summary>
    public virtual Errno Pin(DmaBufAttachment<TMemory> attachment) => Errno.None;

    /// <summary>Lets it move again. Kernel: <c>dma_buf_ops.unpin</c>.</summary>
    public virtual void Unpin(DmaBufAttachment<TMemory> attachment)
    {
    }

    /// <summary>The last reference is gone: free the memory. Kernel: <c>dma_buf_ops.release</c>.</summary>
    public virtual void Release()
    {
    }

    /// <summary>Whether any entry of a table would bounce for a device (what a failing attach looks at).</summary>
    protected bool WouldBounce(Device device, SgTable table, DmaAttributes attributes)
    {
        foreach (ref readonly ScatterlistEntry entry in table.Entries)
        {
            if (Layer.ReasonToBounce(device, entry.Address, entry.Length, DmaDirection.Bidirectional, attributes) != Direct.BounceReason.None)
                return true;
        }

        return false;
    }
}
