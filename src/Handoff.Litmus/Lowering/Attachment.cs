namespace Handoff.Litmus.Lowering;

/// <summary>An importer of a dma-buf.</summary>
internal sealed class Attachment(string buffer, Device device)
{
    public string Buffer { get; } = buffer;

    public Device Device { get; } = device;

    /// <summary>Its current mapping, if any.</summary>
    public Mapping? Mapped { get; set; }

    /// <summary>Whether the exporter keeps the first mapping until detach (udmabuf).</summary>
    public bool Cached { get; init; }
}
