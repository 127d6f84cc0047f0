using System.Numerics;
using Handoff.Tracing.Writing;

namespace Handoff.Tracing.Parquet;

/// <summary>Numbers as differences to the one before: the encoding DELTA_BINARY_PACKED.</summary>
internal static class DeltaPacking
{
    private const int BlockLength = 128, MiniblockLength = 32;

    internal static void Write(ByteBuilder to, ReadOnlySpan<long> values)
    {
        to.Varint(BlockLength).Varint(BlockLength / MiniblockLength).Varint((ulong)values.Length).ZigZag(values.IsEmpty ? 0 : values[0]);
        Span<long> differences = stackalloc long[BlockLength];
        for (int start = 1; start < values.Length; start += BlockLength)
        {
            int count = Math.Min(BlockLength, values.Length - start);
            long least = long.MaxValue;
            for (int i = 0; i < count; i++)
            {
                long difference = unchecked(values[start + i] - values[start + i - 1]);
                differences[i] = difference;
                least = Math.Min(least, difference);
            }

            for (int i = 0; i < count; i++)
                differences[i] = unchecked(differences[i] - least);
            differences[count..].Clear();
            WriteBlock(to.ZigZag(least), differences, count);
        }
    }

    private static void WriteBlock(ByteBuilder to, ReadOnlySpan<long> differences, int count)
    {
        Span<int> widths = stackalloc int[BlockLength / MiniblockLength];
        for (int i = 0; i < widths.Length; i++)
        {
            ulong all = 0;
            foreach (long difference in differences.Slice(i * MiniblockLength, MiniblockLength))
                all |= (ulong)difference;
            widths[i] = 64 - BitOperations.LeadingZeroCount(all);
            to.Raw([(byte)widths[i]]);
        }

        // A last block ends with the last miniblock that has something in it.
        for (int i = 0; i * MiniblockLength < count; i++)
            BitPacking.Pack(to, differences.Slice(i * MiniblockLength, MiniblockLength), widths[i]);
    }
}
