namespace Handoff.Kernels;

/// <summary>What is done about bounce buffers and buffers shared by several devices (an idea of May 2024, in no kernel).</summary>
public enum NoBounce
{
    /// <summary>Nothing: the attributes NO_BOUNCE and SHARED are unknown bits.</summary>
    Unknown,

    /// <summary>A map with NO_BOUNCE or SHARED fails instead of bouncing.</summary>
    ByAttribute,

    /// <summary>As <see cref="ByAttribute"/>, and every dma-buf exporter passes the attribute.</summary>
    ExportersToo,
}
