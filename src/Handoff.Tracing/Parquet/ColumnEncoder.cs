using System.Buffers.Binary;
using Handoff.Tracing.Writing;

namespace Handoff.Tracing.Parquet;

/// <summary>Makes pages of columns: dictionaries where few values come up often, differences of times, plain numbers otherwise.</summary>
internal sealed class ColumnEncoder
{
    internal const int Plain = 0, Runs = 3, Delta = 5, Dictionary = 8; // the format's numbers

    private const int LongestBound = 64; // bytes of a lowest or highest text

    private readonly NumberDictionary _numbers = new();

    /// <summary>The page with different values; empty if the column has none.</summary>
    internal ByteBuilder DictionaryPage { get; } = new(false);

    /// <summary>How many values are in it.</summary>
    internal int DictionaryCount { get; private set; }

    /// <summary>The page with rows.</summary>
    internal ByteBuilder DataPage { get; } = new(false);

    /// <summary>How its values are encoded.</summary>
    internal int Encoding { get; private set; }

    /// <summary>The lowest value, or <see langword="null"/>.</summary>
    internal byte[]? Lowest { get; private set; }

    /// <summary>The highest value, or <see langword="null"/>.</summary>
    internal byte[]? Highest { get; private set; }

    internal void Encode(ParquetType type, ColumnRows rows)
    {
        DictionaryPage.Clear();
        DataPage.Clear();
        DictionaryCount = 0;
        (Lowest, Highest) = (null, null);
        Encoding = Plain;
        WritePresence(rows);
        switch (type)
        {
            case ParquetType.Boolean:
                BitPacking.Pack(DataPage, rows.Values, 1);
                break;
            case ParquetType.Text:
                Texts(rows);
                break;
            default:
                Numbers(type, rows.Values);
                break;
        }
    }

    private void WritePresence(ColumnRows rows)
    {
        // Its length stands before it.
        int start = DataPage.Count;
        DataPage.U32(0);
        if (rows.ValueCount == rows.Count || rows.ValueCount == 0)
        {
            BitPacking.WriteRun(DataPage, rows.Count, rows.ValueCount == 0 ? 0u : 1, 1);
        }
        else
        {
            BitPacking.WritePackedHead(DataPage, rows.Count);
            DataPage.Raw(rows.Present);
        }

        DataPage.Put(DataPage.At(start, sizeof(uint)), (uint)(DataPage.Count - start - sizeof(uint)));
    }

    private void Texts(ColumnRows rows)
    {
        if (rows.Texts.Count == 0)
            return;
        byte[]? lowest = null, highest = null;
        foreach (byte[] text in rows.Texts)
        {
            DictionaryPage.U32((uint)text.Length).Raw(text);
            if (lowest is null || text.AsSpan().SequenceCompareTo(lowest) < 0)
                lowest = text;
            if (highest is null || text.AsSpan().SequenceCompareTo(highest) > 0)
                highest = text;
        }

        if (lowest?.Length <= LongestBound && highest!.Length <= LongestBound)
            (Lowest, Highest) = (lowest, highest);
        Coded(rows.Values, rows.Texts.Count);
    }

    private void Numbers(ParquetType type, ReadOnlySpan<long> values)
    {
        if (values.IsEmpty)
            return;
        bool isWide = type is ParquetType.Bigint or ParquetType.BigintSeries;
        ReadOnlySpan<long> different = values;
        if (type == ParquetType.BigintSeries)
        {
            Encoding = Delta;
            DeltaPacking.Write(DataPage, values);
        }
        else if (_numbers.TryFill(values))
        {
            different = _numbers.Numbers;
            WritePlain(DictionaryPage, different, isWide);
            Coded(_numbers.Codes, different.Length);
        }
        else
        {
            WritePlain(DataPage, values, isWide);
        }

        long lowest = different[0], highest = lowest;
        foreach (long value in different)
        {
            lowest = Math.Min(lowest, value);
            highest = Math.Max(highest, value);
        }

        (Lowest, Highest) = (BytesOf(lowest, isWide), BytesOf(highest, isWide));
    }

    private void Coded(ReadOnlySpan<long> codes, int count)
    {
        DictionaryCount = count;
        Encoding = Dictionary;
        int width = Math.Max(1, BitPacking.WidthOf((ulong)count - 1));
        DataPage.Raw([(byte)width]);
        BitPacking.WriteRuns(DataPage, codes, width);
    }

    private static void WritePlain(ByteBuilder to, ReadOnlySpan<long> values, bool isWide)
    {
        Span<byte> bytes = to.Room(values.Length * (isWide ? sizeof(long) : sizeof(int)));
        for (int i = 0; i < values.Length; i++)
        {
            if (isWide)
                BinaryPrimitives.WriteInt64LittleEndian(bytes[(i * sizeof(long))..], values[i]);
            else
                BinaryPrimitives.WriteInt32LittleEndian(bytes[(i * sizeof(int))..], (int)values[i]);
        }
    }

    private static byte[] BytesOf(long value, bool isWide)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return isWide ? bytes : bytes[..sizeof(int)];
    }
}
