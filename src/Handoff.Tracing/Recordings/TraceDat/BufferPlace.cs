using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>Where the events of one ring buffer are in the file.</summary>
/// <param name="Name">The buffer's name; empty for the top buffer.</param>
/// <param name="Offset">Where its section begins; in version 6 its table of CPU data.</param>
/// <param name="PageSize">Bytes of a page, 0 if only <c>header_page</c> tells.</param>
/// <param name="Packed">Whether its pages are compressed.</param>
/// <param name="Cpus">Its CPUs.</param>
internal sealed record BufferPlace(string Name, long Offset, int PageSize, bool Packed, List<CpuPlace> Cpus)
{
    private const int CountSize = 4; // of chunks; the size of a CPU's data leaves it out

    /// <summary>
    /// Whether a version-7 file has such a buffer there: data of CPUs lie within it and do not overlap, and compressed ones begin like chunks. The end of a
    /// file that was cut short is no contradiction.
    /// </summary>
    internal bool Fits(in SectionHeader section, ByteSource source, bool bigEndian)
    {
        if (section.Offset != Offset || section.Id != SectionHeader.Buffer)
            return false;
        var isCut = (ulong)source.Available(section.Body, section.Size) < section.Size;
        var end = section.Body;
        foreach (var cpu in Cpus.Where(static c => c.Size > 0).OrderBy(static c => c.Offset))
        {
            if (cpu.Offset < end || cpu.Size > long.MaxValue / 2 - cpu.Offset)
                return false;
            end = cpu.Offset + cpu.Size;
            if (!isCut && (end > source.Length || (Packed && !BeginsWithChunk(cpu, source, bigEndian))))
                return false;
        }

        return true;
    }

    private static bool BeginsWithChunk(in CpuPlace cpu, ByteSource source, bool bigEndian)
    {
        Span<byte> head = stackalloc byte[CountSize + 8];
        if (source.ReadAt(cpu.Offset, head) < head.Length)
            return false;
        var cursor = new Cursor(head, bigEndian);
        uint count = cursor.U32(), packed = cursor.U32(), plain = cursor.U32();
        return count > 0 && plain > 0 && packed > 0 && packed + 8 <= cpu.Size;
    }
}
