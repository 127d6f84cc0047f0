namespace Handoff.Sharing;

/// <summary>Pages of a memfd as a dma-buf.</summary>
/// <remarks>
/// Kernel: <c>drivers/dma-buf/udmabuf.c</c>. The first table of an attachment is kept until detach. CPU access syncs a mapping of
/// udmabuf's own device, made by the first begin; importers' mappings are never synced. In 6.12.117 all maps pass
/// SKIP_CPU_SYNC and the first begin also syncs; 6.12.0 passed no attributes, and its first begin only mapped.
/// </remarks>
/// <typeparam name="TMemory">What stands for memory.</typeparam>
public sealed class UdmabufExporter<TMemory> : DmaBufExporter<TMemory>
    where TMemory : struct, IMemory
{
    private readonly Lock _lock = new();
    private readonly SgTable _memory; // one entry per page
    private SgTable? _own; // mapped for _ownDevice; null before the first begin
    private DmaDirection _ownDirection;

    /// <summary>Pins pages.</summary>
    /// <param name="layer">The machine's mapping layer.</param>
    /// <param name="pages">First byte of each page; not limited in number (<see cref="UdmabufLimits"/>).</param>
    /// <exception cref="ArgumentException">There is no page.</exception>
    public UdmabufExporter(DmaLayer<TMemory> layer, ReadOnlySpan<PhysicalAddress> pages)
        : base(layer)
    {
        var entries = new ScatterlistEntry[pages.Length];
        for (int i = 0; i < entries.Length; i++)
            entries[i] = new ScatterlistEntry(pages[i], layer.Machine.PageSize);
        _memory = new SgTable(entries);
    }

    /// <inheritdoc/>
    public override string Name => "udmabuf";

    /// <inheritdoc/>
    public override bool CachesTables => true;

    /// <summary>The exporter's own device, which CPU access is synced for.</summary>
    public Device OwnDevice { get; } = new("udmabuf") { DmaMask = ulong.MaxValue, CoherentDmaMask = ulong.MaxValue };

    /// <summary>Attributes with which importers are mapped and unmapped.</summary>
    public DmaAttributes ImporterAttributes => DmaHeaps.AttributesOfUdmabuf(Layer.Kernel.Switches);

    /// <summary>Attributes with which the own device is mapped and unmapped.</summary>
    public DmaAttributes OwnAttributes => Layer.Kernel.Switches.UdmabufSkipsSync ? DmaAttributes.SkipCpuSync : DmaAttributes.None;

    /// <inheritdoc/>
    public override Errno Attach(DmaBufAttachment<TMemory> attachment) =>
        Layer.Kernel.Switches.AttachRefusesBounced && WouldBounce(attachment.Device, _memory, ImporterAttributes) ? Errno.Busy : Errno.None;

    /// <inheritdoc/>
    public override Errno Map(DmaBufAttachment<TMemory> attachment, DmaDirection direction, out SgTable? table)
    {
        table = _memory.Duplicate();
        Errno error = Layer.MapSgTable(attachment.Device, table, direction, ImporterAttributes);
        if (error == Errno.None)
            attachment.Mapped = table;
        else
            table = null;
        return error;
    }

    /// <inheritdoc/>
    public override void Unmap(DmaBufAttachment<TMemory> attachment, SgTable table, DmaDirection direction)
    {
        attachment.Mapped = null;
        Layer.UnmapSgTable(attachment.Device, table, direction, ImporterAttributes);
    }

    /// <inheritdoc/>
    public override Errno BeginCpuAccess(DmaBuf<TMemory> buffer, DmaDirection direction)
    {
        SgTable? own;
        lock (_lock)
        {
            own = _own;
            if (own is null)
            {
                own = _memory.Duplicate();
                Errno error = Layer.MapSgTable(OwnDevice, own, direction, OwnAttributes);
                if (error != Errno.None)
                    return error;
                (_own, _ownDirection) = (own, direction);
                if (!Layer.Kernel.Switches.UdmabufSkipsSync)
                    return Errno.None;
            }
        }

        Layer.SyncSgTableForCpu(OwnDevice, own, direction);
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno EndCpuAccess(DmaBuf<TMemory> buffer, DmaDirection direction)
    {
        SgTable? own;
        lock (_lock)
            own = _own;
        if (own is null)
            return Errno.Invalid;
        Layer.SyncSgTableForDevice(OwnDevice, own, direction);
        return Errno.None;
    }

    /// <inheritdoc/>
    public override void Release()
    {
        lock (_lock)
        {
            if (_own is { } table)
                Layer.UnmapSgTable(OwnDevice, table, _ownDirection, OwnAttributes);
            _own = null;
        }
    }
}
