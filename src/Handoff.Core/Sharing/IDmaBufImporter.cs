namespace Handoff.Sharing;

/// <summary>An importer that copes with buffers that move. Importers without it are static.</summary>
/// <remarks>Kernel: <c>struct dma_buf_attach_ops</c> (<c>include/linux/dma-buf.h</c>).</remarks>
/// <typeparam name="TMemory">What stands for memory.</typeparam>
public interface IDmaBufImporter<TMemory>
    where TMemory : struct, IMemory
{
    /// <summary>The buffer is about to move: stop using the mapping, and map anew later. The reservation lock is held.</summary>
    /// <remarks>Kernel: <c>move_notify</c>, from about 7.1 <c>invalidate_mappings</c>.</remarks>
    void MoveNotify(DmaBufAttachment<TMemory> attachment);
}
