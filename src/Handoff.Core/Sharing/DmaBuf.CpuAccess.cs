namespace Handoff.Sharing;

/// <content>What user space and kernel threads do with the memory.</content>
public sealed partial class DmaBuf<TMemory>
{
    /// <summary>The CPU is about to access the memory.</summary>
    /// <param name="direction">FROM_DEVICE to read, TO_DEVICE to write, BIDIRECTIONAL for both.</param>
    /// <remarks>
    /// Kernel: <c>dma_buf_begin_cpu_access()</c>. The exporter acts first; then a reader waits for writers, a writer for everybody
    /// with implicit fences. No mutual exclusion. The caller must not hold the lock.
    /// </remarks>
    public Errno BeginCpuAccess(DmaDirection direction)
    {
        ExpectNoLock("dma_buf_begin_cpu_access");
        Errno error = Exporter.BeginCpuAccess(this, direction);
        if (error == Errno.None)
            Reservation.Wait(direction == DmaDirection.FromDevice ? FenceUsage.Write : FenceUsage.Read);
        return error;
    }

    /// <summary>The CPU is done. Kernel: <c>dma_buf_end_cpu_access()</c>; the exporter's hook alone.</summary>
    public Errno EndCpuAccess(DmaDirection direction)
    {
        ExpectNoLock("dma_buf_end_cpu_access");
        return Exporter.EndCpuAccess(this, direction);
    }

    /// <summary>The SYNC ioctl.</summary>
    /// <returns><see cref="Errno.Invalid"/> for unknown bits, or neither read nor write; otherwise the exporter's answer.</returns>
    /// <remarks>Kernel: <c>DMA_BUF_IOCTL_SYNC</c>. It orders caches and implicit fences only.</remarks>
    public Errno Sync(DmaBufSync flags)
    {
        if ((flags & ~(DmaBufSync.ReadWrite | DmaBufSync.End)) != 0)
            return Errno.Invalid;
        DmaDirection direction = (flags & DmaBufSync.ReadWrite) switch
        {
            DmaBufSync.Read => DmaDirection.FromDevice,
            DmaBufSync.Write => DmaDirection.ToDevice,
            DmaBufSync.ReadWrite => DmaDirection.Bidirectional,
            _ => DmaDirection.None,
        };
        if (direction == DmaDirection.None)
            return Errno.Invalid;
        return (flags & DmaBufSync.End) != 0 ? EndCpuAccess(direction) : BeginCpuAccess(direction);
    }

    /// <summary>Whether user space may map this part of the buffer. Kernel: the bounds check of <c>dma_buf_mmap()</c>.</summary>
    /// <param name="offset">First byte, a multiple of the page size.</param>
    /// <param name="size">Bytes.</param>
    public Errno CheckMmap(ulong offset, ulong size) =>
        offset % Exporter.Layer.Machine.PageSize != 0 || offset > Size || size > Size - offset ? Errno.Invalid : Errno.None;

    /// <summary>Maps the memory into the kernel, counted. CPU access through it still needs begin and end.</summary>
    /// <remarks>Kernel: <c>dma_buf_vmap()</c>, with the lock held.</remarks>
    public void Vmap()
    {
        ExpectLock("dma_buf_vmap");
        _vmapCount++;
    }

    /// <summary>Ends one kernel mapping. Kernel: <c>dma_buf_vunmap()</c>.</summary>
    /// <exception cref="InvalidOperationException">There is none (the kernel stops with BUG).</exception>
    public void Vunmap()
    {
        ExpectLock("dma_buf_vunmap");
        if (_vmapCount == 0)
            throw new InvalidOperationException("The buffer is not mapped into the kernel.");
        _vmapCount--;
    }

    /// <summary>Whether a poll for reading, or for writing, returns at once: writers are done, or everybody is.</summary>
    /// <remarks>Kernel: <c>dma_buf_poll()</c>.</remarks>
    public bool Poll(bool forWriting) => Reservation.Pending(forWriting ? FenceUsage.Read : FenceUsage.Write).Count == 0;

    /// <summary>A fence that signals when the present writers, or all present users, are done.</summary>
    /// <param name="flags">Read: a snapshot of writers. Write or both: of everybody.</param>
    /// <param name="fence">The fence; already signalled if there is nobody.</param>
    /// <returns><see cref="Errno.Invalid"/> for other flags.</returns>
    /// <remarks>Kernel: <c>DMA_BUF_IOCTL_EXPORT_SYNC_FILE</c>.</remarks>
    public Errno ExportSyncFile(DmaBufSync flags, out Fence? fence)
    {
        fence = null;
        if (flags is not (DmaBufSync.Read or DmaBufSync.Write or DmaBufSync.ReadWrite))
            return Errno.Invalid;
        IReadOnlyList<Fence> pending = Reservation.Pending(flags == DmaBufSync.Read ? FenceUsage.Write : FenceUsage.Read);
        var all = new Fence();
        _ = SignalWhenDone(pending, all);
        fence = all;
        return Errno.None;
    }

    /// <summary>Adds a fence as that of a reader or a writer. Kernel: <c>DMA_BUF_IOCTL_IMPORT_SYNC_FILE</c>.</summary>
    public Errno ImportSyncFile(DmaBufSync flags, Fence fence)
    {
        if (flags is not (DmaBufSync.Read or DmaBufSync.Write or DmaBufSync.ReadWrite))
            return Errno.Invalid;
        Reservation.Add(fence, (flags & DmaBufSync.Write) != 0 ? FenceUsage.Write : FenceUsage.Read);
        return Errno.None;
    }

    private static Task SignalWhenDone(IReadOnlyList<Fence> pending, Fence all)
    {
        if (pending.Count == 0)
        {
            all.Signal();
            return Task.CompletedTask;
        }

        return Task.Run(() =>
        {
            foreach (Fence each in pending)
                each.Wait();
            all.Signal();
        });
    }

    private void ExpectNoLock(string function)
    {
        if (Reservation.IsHeld)
            Exporter.Layer.Log.WriteOnce(function, Logging.KernelLogLevel.Warning, null, $"{function}: the caller holds the reservation lock");
    }
}
