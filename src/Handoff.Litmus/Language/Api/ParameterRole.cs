namespace Handoff.Litmus.Language;

/// <summary>What an argument is for.</summary>
public enum ParameterRole
{
    /// <summary>The device.</summary>
    Device,

    /// <summary>Memory, a list or a dma-buf.</summary>
    Memory,

    /// <summary>A mapping.</summary>
    Handle,

    /// <summary>An attachment.</summary>
    Attachment,

    /// <summary>Bytes into the memory or mapping.</summary>
    Offset,

    /// <summary>Number of bytes.</summary>
    Size,

    /// <summary>Number of list entries.</summary>
    Count,

    /// <summary>An address mask.</summary>
    Mask,

    /// <summary>A <c>DMA_…</c> direction.</summary>
    Direction,

    /// <summary><c>DMA_ATTR_…</c> joined with <c>|</c>.</summary>
    Attributes,

    /// <summary><c>GFP_…</c> joined with <c>|</c>.</summary>
    Gfp,

    /// <summary><c>DMA_BUF_SYNC_…</c> joined with <c>|</c>.</summary>
    SyncFlags,

    /// <summary>The constant <c>DMA_BUF_IOCTL_SYNC</c>.</summary>
    Ioctl,

    /// <summary><c>&amp;name</c> for a second result.</summary>
    OutHandle,
}
