namespace Handoff.Sharing;

/// <summary>A heap: makes dma-bufs out of pages. It never knows the future importers.</summary>
/// <remarks>Kernel: <c>drivers/dma-buf/dma-heap.c</c> and <c>heaps/</c>, 6.12.</remarks>
/// <typeparam name="TMemory">What stands for memory.</typeparam>
public sealed class DmaHeap<TMemory>
    where TMemory : struct, IMemory
{
    private readonly DmaLayer<TMemory> _layer;
    private readonly IHeapPages _pages;
    private readonly Device _heapDevice = new("dma_heap") { DmaMask = ulong.MaxValue, CoherentDmaMask = ulong.MaxValue };

    /// <summary>Opens a heap.</summary>
    /// <param name="layer">The machine's mapping layer.</param>
    /// <param name="kind">Which heap.</param>
    /// <param name="pages">Where blocks come from.</param>
    public DmaHeap(DmaLayer<TMemory> layer, DmaHeapKind kind, IHeapPages pages)
    {
        _layer = layer;
        Kind = kind;
        _pages = pages;
    }

    /// <summary>Which heap.</summary>
    public DmaHeapKind Kind { get; }

    /// <summary>Makes a buffer.</summary>
    /// <param name="length">Bytes; rounded up to pages.</param>
    /// <param name="buffer">The buffer, zeroed, or <see langword="null"/> on failure.</param>
    /// <returns>
    /// <see cref="Errno.Invalid"/> for no length; <see cref="Errno.NoMemory"/> if pages run out, or the heap shares its memory with devices
    /// of an encrypted machine and a block cannot be decrypted (that block is lost).
    /// </returns>
    /// <remarks>Kernel: <c>DMA_HEAP_IOCTL_ALLOC</c>.</remarks>
    public Errno Allocate(ulong length, out DmaBuf<TMemory>? buffer)
    {
        buffer = null;
        uint page = _layer.Machine.PageSize;
        ulong size = Align.Up(length, page);
        if (size == 0)
            return Errno.Invalid;

        List<ScatterlistEntry> blocks = [];
        if (!(Kind == DmaHeapKind.Cma ? TakeContiguous(size, blocks) : TakeBlocks(size, page, blocks)))
        {
            Free(blocks);
            return Errno.NoMemory;
        }

        if (Kind == DmaHeapKind.SystemCcShared && !TryShare(blocks))
            return Errno.NoMemory;
        foreach (ScatterlistEntry block in blocks)
            _layer.Memory.Zero(block.Address, block.Length);
        var table = new SgTable([.. blocks]);
        var exporter = new HeapExporter<TMemory>(_layer, Kind, table, () => Release(blocks));
        if (exporter.IsUncached)
            FlushOnce(table.Duplicate());
        buffer = new DmaBuf<TMemory>(exporter, size);
        return Errno.None;
    }

    /// <summary>Pushes the zeroes out of the caches: a map and unmap for the heap's own device. Whether it works is not looked at.</summary>
    private void FlushOnce(SgTable table)
    {
        if (_layer.MapSgTable(_heapDevice, table, DmaDirection.Bidirectional) == Errno.None)
            _layer.UnmapSgTable(_heapDevice, table, DmaDirection.Bidirectional);
    }

    private bool TakeContiguous(ulong size, List<ScatterlistEntry> blocks)
    {
        if (_pages.AllocateContiguous(size) is not { } start)
            return false;
        uint most = (uint)Align.Down(uint.MaxValue, _layer.Machine.PageSize); // an entry's length has 32 bits
        for (ulong done = 0; done < size; done += most)
            blocks.Add(new ScatterlistEntry(start + done, (uint)Math.Min(size - done, most)));
        return true;
    }

    private bool TryShare(List<ScatterlistEntry> blocks)
    {
        for (int i = 0; i < blocks.Count; i++)
        {
            if (_layer.Decrypted.TryDecrypt(blocks[i].Address, blocks[i].Length))
                continue;
            _layer.Decrypted.Leak(blocks[i].Length);
            Free(blocks[(i + 1)..]);
            Release(blocks[..i]);
            return false;
        }

        return true;
    }

    private void Release(List<ScatterlistEntry> blocks)
    {
        if (Kind == DmaHeapKind.SystemCcShared)
            blocks.RemoveAll(block => !_layer.Decrypted.TryEncryptOrLeak(block.Address, block.Length));
        Free(blocks);
    }

    /// <summary>Largest blocks first; once an order has failed, larger ones are not tried again.</summary>
    private bool TakeBlocks(ulong size, uint page, List<ScatterlistEntry> blocks)
    {
        ulong limit = Kind is DmaHeapKind.SystemDma32 or DmaHeapKind.SystemUncachedDma32 ? uint.MaxValue : ulong.MaxValue;
        int most = DmaHeaps.Orders[0];
        while (size > 0)
        {
            bool taken = false;
            foreach (int order in DmaHeaps.Orders)
            {
                uint bytes = page << order;
                if (bytes > size || order > most)
                    continue;
                if (_pages.Allocate(order, limit) is not { } start)
                    continue;
                blocks.Add(new ScatterlistEntry(start, bytes));
                size -= bytes;
                most = order;
                taken = true;
                break;
            }

            if (!taken)
                return false;
        }

        return true;
    }

    private void Free(List<ScatterlistEntry> blocks)
    {
        foreach (ScatterlistEntry block in blocks)
            _pages.Free(block.Address, block.Length);
        blocks.Clear();
    }
}
