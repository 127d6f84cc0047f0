namespace Handoff.Sharing;

/// <summary>The memory of one buffer from a heap.</summary>
/// <remarks>
/// Kernel: <c>drivers/dma-buf/heaps/system_heap.c</c> and <c>cma_heap.c</c>, 6.12, and Android's uncached variant. Every
/// attachment gets a table of its own. CPU access syncs every mapped attachment's whole table with the caller's direction,
/// newest attachment first; the uncached variants sync nothing.
/// </remarks>
/// <typeparam name="TMemory">What stands for memory.</typeparam>
public sealed class HeapExporter<TMemory> : DmaBufExporter<TMemory>
    where TMemory : struct, IMemory
{
    private readonly Lock _mutex = new();
    private readonly Action? _free;

    /// <summary>Exports memory that was allocated already: entries as the heap would describe them.</summary>
    /// <param name="layer">The machine's mapping layer.</param>
    /// <param name="kind">Which heap's rules apply.</param>
    /// <param name="memory">One entry per block, not mapped.</param>
    /// <param name="free">Gives the memory back.</param>
    public HeapExporter(DmaLayer<TMemory> layer, DmaHeapKind kind, SgTable memory, Action? free = null)
        : base(layer)
    {
        Kind = kind;
        Memory = memory;
        _free = free;
    }

    /// <summary>Which heap's rules apply.</summary>
    public DmaHeapKind Kind { get; }

    /// <summary>The buffer's blocks; never mapped itself.</summary>
    public SgTable Memory { get; }

    /// <inheritdoc/>
    public override string Name => DmaHeaps.NameOf(Kind);

    /// <inheritdoc/>
    public override bool IsUncached => DmaHeaps.IsUncached(Kind);

    /// <summary>Attributes with which importers are mapped and unmapped.</summary>
    public DmaAttributes Attributes => DmaHeaps.AttributesOf(Kind, Layer.Kernel.Switches);

    /// <inheritdoc/>
    public override Errno Attach(DmaBufAttachment<TMemory> attachment)
    {
        if (Layer.Kernel.Switches.AttachRefusesBounced && WouldBounce(attachment.Device, Memory, Attributes))
            return Errno.Busy;
        attachment.Table = Memory.Duplicate();
        return Errno.None;
    }

    /// <inheritdoc/>
    public override void Detach(DmaBufAttachment<TMemory> attachment) => attachment.Table = null;

    /// <inheritdoc/>
    public override Errno Map(DmaBufAttachment<TMemory> attachment, DmaDirection direction, out SgTable? table)
    {
        table = attachment.Table ?? throw new InvalidOperationException("The attachment was detached.");
        Errno error = Layer.MapSgTable(attachment.Device, table, direction, Attributes | attachment.ExtraAttributes);
        if (error == Errno.None)
        {
            attachment.Mapped = table;
            return error;
        }

        table = null;
        return Kind == DmaHeapKind.Cma ? Errno.NoMemory : error; // the CMA heap names no other error (recorded)
    }

    /// <inheritdoc/>
    public override void Unmap(DmaBufAttachment<TMemory> attachment, SgTable table, DmaDirection direction)
    {
        attachment.Mapped = null;
        Layer.UnmapSgTable(attachment.Device, table, direction, Attributes | attachment.ExtraAttributes);
    }

    /// <inheritdoc/>
    public override Errno BeginCpuAccess(DmaBuf<TMemory> buffer, DmaDirection direction)
    {
        if (IsUncached)
            return Errno.None;
        lock (_mutex)
        {
            foreach (DmaBufAttachment<TMemory> attachment in buffer.Attachments)
            {
                if (attachment.Mapped is { } table)
                    Layer.SyncSgTableForCpu(attachment.Device, table, direction);
            }
        }

        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno EndCpuAccess(DmaBuf<TMemory> buffer, DmaDirection direction)
    {
        if (IsUncached)
            return Errno.None;
        lock (_mutex)
        {
            foreach (DmaBufAttachment<TMemory> attachment in buffer.Attachments)
            {
                if (attachment.Mapped is { } table)
                    Layer.SyncSgTableForDevice(attachment.Device, table, direction);
            }
        }

        return Errno.None;
    }

    /// <inheritdoc/>
    public override void Release() => _free?.Invoke();
}
