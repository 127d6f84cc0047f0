namespace Handoff.Sharing;

/// <summary>What the kernel lets user space put into one udmabuf by default.</summary>
/// <remarks>Kernel: <c>drivers/dma-buf/udmabuf.c</c>, 6.12; both limits are module parameters.</remarks>
public static class UdmabufLimits
{
    /// <summary>Most bytes of one buffer. Kernel: <c>size_limit_mb</c>.</summary>
    public const ulong Bytes = 64UL << 20;

    /// <summary>Most items of the list that a buffer is made of. Kernel: <c>list_limit</c>.</summary>
    public const int Items = 1024;

    /// <summary>Whether the kernel makes a buffer of these parts of memfds.</summary>
    /// <param name="parts">Offset and size of each part in bytes.</param>
    /// <param name="pageSize">Page size in bytes.</param>
    /// <returns><see cref="Errno.Invalid"/> for no or too many parts, parts that are not whole pages, or too many bytes.</returns>
    /// <remarks>Kernel: <c>UDMABUF_CREATE</c>, <c>UDMABUF_CREATE_LIST</c>.</remarks>
    public static Errno CheckCreate(ReadOnlySpan<(ulong Offset, ulong Size)> parts, uint pageSize = 4096)
    {
        if (parts.IsEmpty || parts.Length > Items)
            return Errno.Invalid;
        ulong total = 0;
        foreach ((ulong offset, ulong size) in parts)
        {
            if (size == 0 || size > Bytes - total || size % pageSize != 0 || offset % pageSize != 0)
                return Errno.Invalid;
            total += size;
        }

        return Errno.None;
    }
}
