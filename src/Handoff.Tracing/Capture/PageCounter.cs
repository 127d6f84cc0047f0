using System.Buffers.Binary;
using Handoff.Tracing.Recordings.TraceDat;

namespace Handoff.Tracing.Capture;

/// <summary>Counts the events of a ring-buffer page without looking into them.</summary>
internal static class PageCounter
{
    private const int Padding = 29, Extend = 30, Stamp = 31;

    /// <summary>Events of a page, and whether events were lost before it.</summary>
    internal static int Count(ReadOnlySpan<byte> page, PageShape shape, out bool lost)
    {
        uint commit = shape.CommitSize == 8 ? (uint)(shape.BigEndian ? BinaryPrimitives.ReadUInt64BigEndian(page[shape.CommitOffset..]) : BinaryPrimitives.ReadUInt64LittleEndian(page[shape.CommitOffset..])) : Word(page[shape.CommitOffset..], shape);
        lost = (commit & 0x8000_0000) != 0;
        int used = Math.Min((int)(commit & 0x07ff_ffff), page.Length - shape.DataOffset);
        ReadOnlySpan<byte> records = page.Slice(shape.DataOffset, used);
        int events = 0;
        while (records.Length >= 4)
        {
            uint header = Word(records, shape);
            uint type = shape.BigEndian ? header >> 27 : header & 31, delta = shape.BigEndian ? header & 0x07ff_ffff : header >> 5;
            long size;
            if (type is > 0 and < Padding)
                size = 4 + (4 * type);
            else if (type is Extend or Stamp)
                size = 8;
            else if (type == Padding && delta == 0)
                break;
            else if (records.Length >= 8)
                size = 4 + (long)Word(records[4..], shape);
            else
                break;
            events += type < Padding ? 1 : 0;
            if (size < 4 || size > records.Length)
                break;
            records = records[(int)size..];
        }

        return events;
    }

    private static uint Word(ReadOnlySpan<byte> at, PageShape shape) => shape.BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);
}
