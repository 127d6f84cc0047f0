using Handoff.Sharing;

namespace Handoff.Litmus.Lowering;

/// <summary>An importer of a dma-buf.</summary>
/// <param name="buffer">Name of the dma-buf.</param>
/// <param name="device">The importing device.</param>
/// <param name="tie">What attaching gave; <see langword="null"/> if the exporter refused.</param>
internal sealed class Attachment(string buffer, Device device, DmaBufAttachment<RecordingMemory>? tie)
{
    public string Buffer { get; } = buffer;

    public Device Device { get; } = device;

    public DmaBufAttachment<RecordingMemory>? Tie { get; } = tie;

    /// <summary>Its current mapping, if any; one that the exporter keeps stays until detach.</summary>
    public Mapping? Mapped { get; set; }

    public bool Detached { get; set; }
}
