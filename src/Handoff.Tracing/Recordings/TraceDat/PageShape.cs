using Handoff.Tracing.Recordings.Formats;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>How a ring-buffer page begins, from the recording's <c>header_page</c> text.</summary>
/// <param name="BigEndian">Byte order.</param>
/// <param name="PageSize">Bytes per page, header included.</param>
/// <param name="TimestampSize">Bytes of the time stamp at the page's start.</param>
/// <param name="CommitOffset">Where the word with the used bytes lies.</param>
/// <param name="CommitSize">Its size: the kernel's <c>long</c>.</param>
/// <param name="DataOffset">Where records begin.</param>
internal sealed record PageShape(bool BigEndian, int PageSize, int TimestampSize, int CommitOffset, int CommitSize, int DataOffset)
{
    internal const int MaximumPageSize = 16 << 20;

    /// <summary>
    /// A number of lost events, in as many bytes as it has, that says in a CPU's last page, if that has no records: all further ones. Elsewhere, and for
    /// trace-cmd, it is an unknown number.
    /// </summary>
    internal const ulong AllFurther = ulong.MaxValue;

    /// <summary>Takes what the text says, and the usual shape where it says nothing usable.</summary>
    internal static PageShape From(IReadOnlyList<FormatField> fields, bool bigEndian, int longSize)
    {
        int timestampSize = 8, commitOffset = 8, commitSize = longSize, dataOffset = 8 + longSize, dataSize = 4096 - 8 - longSize;
        foreach (var f in fields)
        {
            switch (f.Name)
            {
                case "timestamp" when f is { Offset: 0, Size: 4 or 8 }:
                    timestampSize = f.Size;
                    break;
                case "commit" when f.Size is 4 or 8 && f.Offset is > 0 and <= 64:
                    commitOffset = f.Offset;
                    commitSize = f.Size;
                    break;
                case "data" when f.Offset is > 0 and <= 128 && f.Size is > 0 and < MaximumPageSize:
                    dataOffset = f.Offset;
                    dataSize = f.Size;
                    break;
            }
        }

        if (dataOffset < commitOffset + commitSize)
            dataOffset = commitOffset + commitSize;
        return new PageShape(bigEndian, dataOffset + dataSize, timestampSize, commitOffset, commitSize, dataOffset);
    }
}
