using System.Buffers.Binary;
using System.Numerics;
using Handoff.Tracing.Writing;

namespace Handoff.Tracing.Parquet;

/// <summary>Numbers of few bits, one after the other, the lowest bit first.</summary>
internal static class BitPacking
{
    private const int ShortestRun = 64; // equal values that are worth a run of their own
    private const int Group = 8; // numbers are packed in eights

    /// <summary>Bits that are enough for a number.</summary>
    internal static int WidthOf(ulong largest) => 64 - BitOperations.LeadingZeroCount(largest);

    /// <summary>Packs numbers, filled up with zeros to a multiple of eight.</summary>
    internal static void Pack(ByteBuilder to, ReadOnlySpan<long> values, int width)
    {
        Span<byte> bytes = to.Room((values.Length + Group - 1) / Group * width);
        ulong held = 0;
        int bits = 0, at = 0;
        foreach (long value in values)
        {
            held |= (ulong)value << bits;
            bits += width;
            if (bits < 64)
                continue;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], held);
            at += sizeof(ulong);
            bits -= 64;
            held = bits == 0 ? 0 : (ulong)value >> (width - bits);
        }

        for (; at < bytes.Length; at++, held >>= 8)
            bytes[at] = (byte)held;
    }

    /// <summary>Writes numbers as runs: of one number many times, or of packed ones.</summary>
    internal static void WriteRuns(ByteBuilder to, ReadOnlySpan<long> values, int width)
    {
        int start = 0, i = 0; // what is not yet written; a multiple of eight before i
        while (i < values.Length)
        {
            int run = RunAt(values[i..]);
            if (run < ShortestRun)
            {
                i += Group;
                continue;
            }

            WritePacked(to, values[start..i], width);
            WriteRun(to, run, (uint)values[i], width);
            start = i += run;
        }

        WritePacked(to, values[start..], width);
    }

    /// <summary>Writes one number many times.</summary>
    internal static void WriteRun(ByteBuilder to, int count, uint value, int width)
    {
        to.Varint((ulong)count << 1);
        for (int bits = 0; bits < width; bits += 8)
            to.Raw([(byte)(value >> bits)]);
    }

    /// <summary>Writes the head of a run of numbers that are packed already or will be.</summary>
    internal static void WritePackedHead(ByteBuilder to, int count) => to.Varint(((ulong)(count + Group - 1) / Group << 1) | 1);

    private static void WritePacked(ByteBuilder to, ReadOnlySpan<long> values, int width)
    {
        if (values.IsEmpty)
            return;
        WritePackedHead(to, values.Length);
        Pack(to, values, width);
    }

    private static int RunAt(ReadOnlySpan<long> values)
    {
        if (values.Length < ShortestRun || values[ShortestRun - 1] != values[0])
            return 0;
        int end = values.IndexOfAnyExcept(values[0]);
        return end < 0 ? values.Length : end;
    }
}
