namespace Handoff.Sharing;

/// <summary>Flags of the SYNC ioctl on a dma-buf file; the values are the kernel's.</summary>
/// <remarks>Kernel: <c>DMA_BUF_SYNC_*</c> (<c>include/uapi/linux/dma-buf.h</c>).</remarks>
[Flags]
public enum DmaBufSync
{
    /// <summary>Begin an access (the absence of <see cref="End"/>).</summary>
    Start = 0,

    /// <summary>The CPU reads.</summary>
    Read = 1,

    /// <summary>The CPU writes.</summary>
    Write = 2,

    /// <summary>The CPU reads and writes.</summary>
    ReadWrite = Read | Write,

    /// <summary>End an access.</summary>
    End = 4,
}
