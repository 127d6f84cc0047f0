namespace Handoff;

/// <summary>The size classes of kmalloc, which decide how many bytes of a cache line an object may share.</summary>
/// <remarks>Kernel: <c>mm/slab_common.c</c>, 6.12. Sizes over 8 KiB are whole pages.</remarks>
public static class KmallocSizes
{
    private static ReadOnlySpan<ushort> Classes => [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192];

    /// <summary>The size of the object that a request gets, in bytes.</summary>
    /// <param name="size">Bytes asked for; 0 gives 0.</param>
    /// <param name="minAlign">Smallest alignment of any class: 8, or the cache line where small objects are not bounced.</param>
    /// <param name="pageSize">Page size in bytes.</param>
    /// <remarks>Kernel: <c>kmalloc_size_roundup()</c>.</remarks>
    public static ulong RoundUp(ulong size, uint minAlign = 8, uint pageSize = 4096)
    {
        if (size == 0)
            return 0;
        ulong rounded = ClassOf(size, pageSize);
        return minAlign > 8 ? ClassOf(Align.Up(rounded, minAlign), pageSize) : rounded;
    }

    private static ulong ClassOf(ulong size, uint pageSize)
    {
        foreach (ushort c in Classes)
        {
            if (size <= c)
                return c;
        }

        ulong block = pageSize;
        while (block < size && block < 1UL << 62)
            block <<= 1;
        return block;
    }
}
