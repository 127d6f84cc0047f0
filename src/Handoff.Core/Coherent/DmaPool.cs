using Handoff.Logging;
using Handoff.Pages;

namespace Handoff.Coherent;

/// <summary>Small coherent blocks of one size, cut out of coherent allocations. Thread-safe.</summary>
/// <typeparam name="TMemory">The layer's memory.</typeparam>
/// <remarks>Kernel: <c>mm/dmapool.c</c>, 6.12. Chunks are given back only when the pool is destroyed.</remarks>
public sealed class DmaPool<TMemory>
    where TMemory : struct, IMemory
{
    private readonly DmaLayer<TMemory> _layer;
    private readonly Lock _lock = new();
    private readonly List<DmaBuffer> _chunks = [];
    private readonly Stack<DmaBuffer> _free = new();
    private readonly HashSet<ulong> _live = [];
    private readonly Device _device;
    private bool _destroyed;

    internal DmaPool(DmaLayer<TMemory> layer, string name, Device device, ulong size, ulong boundary, ulong allocation)
    {
        (_layer, Name, _device, BlockSize, Boundary, ChunkSize) = (layer, name, device, size, boundary, allocation);
    }

    /// <summary>The pool's name.</summary>
    public string Name { get; }

    /// <summary>Bytes of a block, rounded to its alignment.</summary>
    public ulong BlockSize { get; }

    /// <summary>No block crosses a multiple of this many bytes within its chunk.</summary>
    public ulong Boundary { get; }

    /// <summary>Bytes of a chunk.</summary>
    public ulong ChunkSize { get; }

    /// <summary>Blocks in use.</summary>
    public int Active
    {
        get
        {
            lock (_lock)
                return _live.Count;
        }
    }

    /// <summary>Offsets of the blocks of one chunk, ascending.</summary>
    public IEnumerable<ulong> Offsets
    {
        get
        {
            ulong next = Boundary;
            for (ulong offset = 0; offset <= ChunkSize - BlockSize;)
            {
                if (offset + BlockSize > next)
                {
                    offset = next;
                    next += Boundary;
                    continue;
                }

                yield return offset;
                offset += BlockSize;
            }
        }
    }

    /// <summary>Takes a block: the one freed last, else the first of a new chunk.</summary>
    /// <returns>The block, or <see langword="null"/> if no chunk can be had. Its content is garbage unless zeroing is asked for.</returns>
    /// <remarks>Kernel: <c>dma_pool_alloc()</c>, <c>dma_pool_zalloc()</c>.</remarks>
    /// <exception cref="ObjectDisposedException">The pool was destroyed.</exception>
    public DmaBuffer? Allocate(GfpFlags gfp = GfpFlags.Kernel)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_destroyed, this);
            if (_free.Count == 0 && !AddChunk(gfp & ~GfpFlags.Zero))
                return null;
            DmaBuffer block = _free.Pop();
            _live.Add(block.Dma.Value);
            if ((gfp & GfpFlags.Zero) != 0)
                _layer.Memory.Zero(block.Physical, BlockSize);
            return block;
        }
    }

    /// <summary>Gives a block back. Kernel: <c>dma_pool_free()</c>.</summary>
    /// <exception cref="InvalidOperationException">The block is not in use (the kernel corrupts its list, or reports it with debugging on).</exception>
    public void Free(DmaBuffer block)
    {
        lock (_lock)
        {
            if (!_live.Remove(block.Dma.Value))
                throw new InvalidOperationException($"{Name}: {block.Dma} is not a block in use.");
            _free.Push(block);
        }
    }

    /// <summary>Gives all chunks back; if blocks are in use it says so and leaks the memory, as the kernel does.</summary>
    /// <returns>Whether nothing was in use.</returns>
    /// <remarks>Kernel: <c>dma_pool_destroy()</c>.</remarks>
    public bool Destroy()
    {
        lock (_lock)
        {
            _destroyed = true;
            bool busy = _live.Count > 0;
            if (busy)
                _layer.Log.Write(KernelLogLevel.Error, _device, $"dma_pool_destroy {Name} busy");
            else
                _chunks.ForEach(c => _layer.FreeCoherent(_device, c));
            _chunks.Clear();
            _free.Clear();
            _live.Clear();
            return !busy;
        }
    }

    private bool AddChunk(GfpFlags gfp)
    {
        if (_layer.AllocCoherent(_device, ChunkSize, gfp) is not { } chunk)
            return false;
        _chunks.Add(chunk);
        foreach (ulong offset in Offsets.Reverse())
        {
            _free.Push(chunk with
            {
                Cpu = chunk.Cpu + offset,
                Dma = chunk.Dma + offset,
                Physical = chunk.Physical + offset,
                Size = BlockSize,
            });
        }

        return true;
    }
}
