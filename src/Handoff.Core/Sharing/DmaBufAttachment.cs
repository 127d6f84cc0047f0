namespace Handoff.Sharing;

/// <summary>One importer's tie to a dma-buf.</summary>
/// <remarks>Kernel: <c>struct dma_buf_attachment</c>.</remarks>
/// <typeparam name="TMemory">What stands for memory.</typeparam>
public sealed class DmaBufAttachment<TMemory>
    where TMemory : struct, IMemory
{
    internal DmaBufAttachment(DmaBuf<TMemory> buffer, Device device, IDmaBufImporter<TMemory>? importer)
    {
        Buffer = buffer;
        Device = device;
        Importer = importer;
    }

    /// <summary>The buffer.</summary>
    public DmaBuf<TMemory> Buffer { get; }

    /// <summary>The importing device.</summary>
    public Device Device { get; }

    /// <summary>The importer's answer to moves; <see langword="null"/> for a static importer.</summary>
    public IDmaBufImporter<TMemory>? Importer { get; }

    /// <summary>Attributes that an importer adds to the exporter's own (an extra field of Android's kernels).</summary>
    public DmaAttributes ExtraAttributes { get; init; }

    /// <summary>The table of the live mapping, or <see langword="null"/>; set and cleared by the exporter.</summary>
    /// <remarks>What heaps note as <c>mapped</c>: begin and end of CPU access serve only attachments that have it.</remarks>
    public SgTable? Mapped { get; internal set; }

    /// <summary>The table kept until detach where the exporter caches tables, or mapped at attach.</summary>
    internal SgTable? Cached { get; set; }

    /// <summary>Direction of <see cref="Cached"/>.</summary>
    internal DmaDirection CachedDirection { get; set; }

    /// <summary>The exporter's own table of this attachment.</summary>
    internal SgTable? Table { get; set; }
}
