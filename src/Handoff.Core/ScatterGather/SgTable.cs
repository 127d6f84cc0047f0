namespace Handoff;

/// <summary>A scatterlist with its two counts: entries of memory, and DMA segments after mapping.</summary>
/// <remarks>Kernel: <c>struct sg_table</c>. One array; chaining has no equivalent here.</remarks>
public sealed class SgTable
{
    private readonly ScatterlistEntry[] _entries;

    /// <summary>Makes a table of unmapped entries.</summary>
    /// <exception cref="ArgumentException">There is no entry (the kernel: <c>-EINVAL</c>).</exception>
    public SgTable(params ScatterlistEntry[] entries)
    {
        if (entries.Length == 0)
            throw new ArgumentException("A scatterlist needs at least one entry.", nameof(entries));
        _entries = entries;
        OrigNents = Nents = entries.Length;
    }

    /// <summary>All entries.</summary>
    public Span<ScatterlistEntry> Entries => _entries.AsSpan(0, OrigNents);

    /// <summary>The DMA segments: the first <see cref="Nents"/> entries.</summary>
    public ReadOnlySpan<ScatterlistEntry> Segments => _entries.AsSpan(0, Nents);

    /// <summary>Entries that describe memory.</summary>
    public int OrigNents { get; }

    /// <summary>Entries that describe DMA segments.</summary>
    public int Nents { get; internal set; }

    /// <summary>Bytes of memory.</summary>
    public ulong Length
    {
        get
        {
            ulong length = 0;
            foreach (ref readonly ScatterlistEntry entry in Entries)
                length += entry.Length;
            return length;
        }
    }

    /// <summary>A table of the same memory, not mapped (what heaps give every attachment).</summary>
    public SgTable Duplicate()
    {
        var copy = new ScatterlistEntry[OrigNents];
        for (int i = 0; i < copy.Length; i++)
        {
            copy[i] = new ScatterlistEntry(_entries[i].Address, _entries[i].Length)
            {
                PeerToPeer = _entries[i].PeerToPeer,
                BusOffset = _entries[i].BusOffset,
            };
        }

        return new SgTable(copy);
    }

    /// <summary>Builds a table from pages: neighbours merge into one entry up to a limit.</summary>
    /// <param name="pages">First byte of each page.</param>
    /// <param name="offset">Where the data begins in the first page, in bytes; less than a page.</param>
    /// <param name="size">Bytes of data.</param>
    /// <param name="maxSegment">Most bytes of one entry; rounded down to whole pages.</param>
    /// <param name="pageSize">Page size in bytes.</param>
    /// <remarks>Kernel: <c>sg_alloc_table_from_pages_segment()</c>. Neither boundary masks nor device limits play a part.</remarks>
    /// <exception cref="ArgumentException">No pages, a limit below one page, or too few pages (the kernel: <c>-EINVAL</c>).</exception>
    public static SgTable FromPages(
        ReadOnlySpan<PhysicalAddress> pages, uint offset, ulong size, uint maxSegment = uint.MaxValue, uint pageSize = 4096)
    {
        maxSegment = (uint)Align.Down(maxSegment, pageSize);
        ulong room = ((ulong)pages.Length * pageSize) - offset;
        if (pages.IsEmpty || size == 0 || maxSegment < pageSize || offset >= pageSize || size > room)
            throw new ArgumentException("The pages do not hold the data, or the segment limit is below one page.", nameof(pages));

        var entries = new List<ScatterlistEntry>();
        for (int first = 0; first < pages.Length && size > 0;)
        {
            int next = first + 1;
            uint bytes = pageSize;
            while (next < pages.Length && pages[next] == pages[next - 1] + pageSize && bytes + pageSize <= maxSegment && bytes + pageSize > bytes)
            {
                next++;
                bytes += pageSize;
            }

            uint length = (uint)Math.Min(size, bytes - offset);
            entries.Add(new ScatterlistEntry(pages[first] + offset, length));
            size -= length;
            offset = 0;
            first = next;
        }

        return new SgTable([.. entries]);
    }
}
