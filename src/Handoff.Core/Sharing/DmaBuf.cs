namespace Handoff.Sharing;

/// <summary>A buffer that several devices and processes share.</summary>
/// <remarks>
/// Kernel: <c>struct dma_buf</c> and <c>drivers/dma-buf/dma-buf.c</c>, 6.12. Importers may use only DMA addresses and DMA lengths
/// of a table they are given.
/// </remarks>
/// <typeparam name="TMemory">What stands for memory.</typeparam>
public sealed partial class DmaBuf<TMemory>
    where TMemory : struct, IMemory
{
    private const int NameLimit = 32; // with the terminator

    private volatile DmaBufAttachment<TMemory>[] _attachments = []; // newest first; replaced whole under the lock, so readers need none
    private int _vmapCount;

    /// <summary>Exports memory.</summary>
    /// <param name="exporter">Who owns the memory.</param>
    /// <param name="size">Bytes.</param>
    /// <remarks>Kernel: <c>dma_buf_export()</c>.</remarks>
    public DmaBuf(DmaBufExporter<TMemory> exporter, ulong size)
    {
        Exporter = exporter;
        Size = size;
    }

    /// <summary>Who owns the memory.</summary>
    public DmaBufExporter<TMemory> Exporter { get; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; }

    /// <summary>Name given by user space; empty at first.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Lock and fences.</summary>
    public Reservation Reservation { get; } = new();

    /// <summary>All attachments at this moment, newest first: the order in which CPU access serves them.</summary>
    public IReadOnlyList<DmaBufAttachment<TMemory>> Attachments => _attachments;

    /// <summary>Whether a kernel mapping of the memory exists.</summary>
    public bool IsVmapped => _vmapCount > 0;

    /// <summary>Gives the buffer a name of at most 31 bytes.</summary>
    /// <returns><see cref="Errno.Invalid"/> if it is longer.</returns>
    /// <remarks>Kernel: <c>DMA_BUF_SET_NAME</c>.</remarks>
    public Errno SetName(string name)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(name) >= NameLimit)
            return Errno.Invalid;
        Name = name;
        return Errno.None;
    }

    /// <summary>Ties a device to the buffer.</summary>
    /// <param name="device">The importing device.</param>
    /// <param name="attachment">The tie, or <see langword="null"/> on failure.</param>
    /// <param name="importer">The importer's answer to moves; <see langword="null"/> for a static importer.</param>
    /// <param name="extraAttributes">Attributes added to every map (Android's extra field).</param>
    /// <returns>The exporter's refusal; a failed pin or map where exactly one side is dynamic.</returns>
    /// <remarks>Kernel: <c>dma_buf_attach()</c>, <c>dma_buf_dynamic_attach()</c>. The caller must not hold the lock.</remarks>
    public Errno Attach(
        Device device,
        out DmaBufAttachment<TMemory>? attachment,
        IDmaBufImporter<TMemory>? importer = null,
        DmaAttributes extraAttributes = DmaAttributes.None)
    {
        var made = new DmaBufAttachment<TMemory>(this, device, importer) { ExtraAttributes = extraAttributes };
        attachment = null;
        Errno error = Exporter.Attach(made);
        if (error != Errno.None)
            return error;

        Locked(() => _attachments = [made, .. _attachments]);
        if ((importer is not null) != Exporter.IsDynamic)
        {
            error = Locked(() => MapForGood(made));
            if (error != Errno.None)
            {
                Detach(made);
                return error;
            }
        }

        attachment = made;
        return Errno.None;
    }

    /// <summary>Unties a device. A table kept for it is unmapped now.</summary>
    /// <remarks>Kernel: <c>dma_buf_detach()</c>. The caller must not hold the lock.</remarks>
    /// <exception cref="ArgumentException">The attachment is of another buffer, or was detached already.</exception>
    public void Detach(DmaBufAttachment<TMemory> attachment)
    {
        Locked(() =>
        {
            if (!_attachments.Contains(attachment))
                throw new ArgumentException("The attachment is not one of this buffer's.", nameof(attachment));
            if (attachment.Cached is { } table)
            {
                Exporter.Unmap(attachment, table, attachment.CachedDirection);
                attachment.Cached = null;
                if (Exporter.IsDynamic && attachment.Importer is null)
                    Exporter.Unpin(attachment);
            }

            _attachments = [.. _attachments.Where(a => a != attachment)];
        });
        Exporter.Detach(attachment);
    }

    /// <summary>Maps the buffer for an importer that holds the lock.</summary>
    /// <param name="attachment">The importer's tie.</param>
    /// <param name="direction">Direction of the mapping.</param>
    /// <param name="table">The table; a kept one is handed out again.</param>
    /// <returns><see cref="Errno.Busy"/> if a kept table has another direction (and is not BIDIRECTIONAL); what the exporter says.</returns>
    /// <remarks>Kernel: <c>dma_buf_map_attachment()</c>. Without the lock the kernel warns.</remarks>
    public Errno MapAttachment(DmaBufAttachment<TMemory> attachment, DmaDirection direction, out SgTable? table)
    {
        ExpectLock("dma_buf_map_attachment");
        if (attachment.Cached is { } kept)
        {
            bool fits = attachment.CachedDirection == direction || attachment.CachedDirection == DmaDirection.Bidirectional;
            table = fits ? kept : null;
            return fits ? Errno.None : Errno.Busy;
        }

        Errno error = MapByExporter(attachment, direction, out table);
        if (error == Errno.None && Exporter.CachesTables)
            (attachment.Cached, attachment.CachedDirection) = (table, direction);
        return error;
    }

    /// <summary><see cref="MapAttachment"/> that takes the lock. Kernel: <c>dma_buf_map_attachment_unlocked()</c>.</summary>
    public Errno MapAttachmentUnlocked(DmaBufAttachment<TMemory> attachment, DmaDirection direction, out SgTable? table)
    {
        Reservation.Lock();
        try
        {
            return MapAttachment(attachment, direction, out table);
        }
        finally
        {
            Reservation.Unlock();
        }
    }

    /// <summary>Ends an importer's mapping. A kept table stays mapped and moves no data.</summary>
    /// <remarks>Kernel: <c>dma_buf_unmap_attachment()</c>.</remarks>
    public void UnmapAttachment(DmaBufAttachment<TMemory> attachment, SgTable table, DmaDirection direction)
    {
        ExpectLock("dma_buf_unmap_attachment");
        if (attachment.Cached is null)
            Exporter.Unmap(attachment, table, direction);
    }

    /// <summary><see cref="UnmapAttachment"/> that takes the lock. Kernel: <c>dma_buf_unmap_attachment_unlocked()</c>.</summary>
    public void UnmapAttachmentUnlocked(DmaBufAttachment<TMemory> attachment, SgTable table, DmaDirection direction) =>
        Locked(() => UnmapAttachment(attachment, table, direction));

    /// <summary>Keeps the memory where it is. For dynamic importers, with the lock held.</summary>
    /// <remarks>Kernel: <c>dma_buf_pin()</c>.</remarks>
    public Errno Pin(DmaBufAttachment<TMemory> attachment)
    {
        ExpectLock("dma_buf_pin");
        return Exporter.IsDynamic ? Exporter.Pin(attachment) : Errno.None;
    }

    /// <summary>Lets the memory move again. Kernel: <c>dma_buf_unpin()</c>.</summary>
    public void Unpin(DmaBufAttachment<TMemory> attachment)
    {
        ExpectLock("dma_buf_unpin");
        if (Exporter.IsDynamic)
            Exporter.Unpin(attachment);
    }

    /// <summary>Tells every dynamic importer that the memory moves. The exporter holds the lock.</summary>
    /// <remarks>Kernel: <c>dma_buf_move_notify()</c>.</remarks>
    public void MoveNotify()
    {
        ExpectLock("dma_buf_move_notify");
        foreach (DmaBufAttachment<TMemory> attachment in _attachments)
            attachment.Importer?.MoveNotify(attachment);
    }

    /// <summary>Drops the last reference. Attachments that are left are reported in the log.</summary>
    /// <remarks>Kernel: <c>dma_buf_release()</c>.</remarks>
    public void Release()
    {
        if (_attachments is { Length: > 0 } left)
            Exporter.Layer.Log.Write(Logging.KernelLogLevel.Warning, left[0].Device, $"dma-buf released with {left.Length} attachments");
        Exporter.Release();
    }

    private Errno MapForGood(DmaBufAttachment<TMemory> attachment)
    {
        if (Exporter.IsDynamic && Exporter.Pin(attachment) is var refused && refused != Errno.None)
            return refused;
        Errno error = MapByExporter(attachment, DmaDirection.Bidirectional, out SgTable? table);
        if (error == Errno.None)
            (attachment.Cached, attachment.CachedDirection) = (table, DmaDirection.Bidirectional);
        else if (Exporter.IsDynamic)
            Exporter.Unpin(attachment);
        return error;
    }

    private Errno MapByExporter(DmaBufAttachment<TMemory> attachment, DmaDirection direction, out SgTable? table)
    {
        Errno error = Exporter.Map(attachment, direction, out table);
        if (error != Errno.None)
            return error;
        if (attachment.Importer is null)
            Reservation.Wait(FenceUsage.Kernel);
        if (!Exporter.Layer.Kernel.Switches.ImportersRefuseBounced || !AnyMarked(table!))
            return Errno.None;
        Exporter.Unmap(attachment, table!, direction);
        table = null;
        return Errno.IO;
    }

    private static bool AnyMarked(SgTable table)
    {
        foreach (ref readonly ScatterlistEntry entry in table.Segments)
        {
            if ((entry.Flags & SgDmaFlags.Swiotlb) != 0)
                return true;
        }

        return false;
    }

    private void ExpectLock(string function)
    {
        if (!Reservation.IsHeld)
            Exporter.Layer.Log.WriteOnce(function, Logging.KernelLogLevel.Warning, null, $"{function}: the reservation lock is not held");
    }

    private void Locked(Action action)
    {
        Reservation.Lock();
        try
        {
            action();
        }
        finally
        {
            Reservation.Unlock();
        }
    }

    private Errno Locked(Func<Errno> action)
    {
        Reservation.Lock();
        try
        {
            return action();
        }
        finally
        {
            Reservation.Unlock();
        }
    }
}
