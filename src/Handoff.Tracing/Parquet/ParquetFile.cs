using System.IO.Compression;
using Parquet;
using Parquet.Schema;

namespace Handoff.Tracing.Parquet;

/// <summary>A Parquet file in the making: flat columns that may lack values, in groups of rows, compressed with zstd. One thread at a time.</summary>
/// <remarks>
/// The library takes values that are there and a level for each row, 1 where it has a value: columns are handed over as they were filled, without a
/// copy where numbers have 64 bits.
/// </remarks>
internal sealed class ParquetFile
{
    private static readonly int DayOfEpoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    private readonly ParquetWriter _writer;
    private readonly IReadOnlyList<ParquetColumn> _columns;
    private int[] _levels = [];
    private bool[] _flags = [];
    private int[] _numbers = [];
    private DateOnly[] _days = [];
    private ReadOnlyMemory<char>[] _texts = [];

    /// <summary>Begins a file.</summary>
    /// <param name="to">Where it goes; left open.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="madeBy">The program that writes it.</param>
    internal ParquetFile(Stream to, IReadOnlyList<ParquetColumn> columns, string madeBy)
    {
        _columns = columns;
        // The level has to be named: the library's own choice is many times slower and hardly smaller.
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Fastest };
        foreach (ParquetColumn column in columns)
        {
            if (column.Type == ParquetType.BigintSeries)
                options.ColumnEncodingHints[column.Name] = EncodingHint.DeltaBinaryPacked;
        }

        var schema = new ParquetSchema([.. columns.Select(static column => (Field)column.Field)]);
        _writer = ParquetWriter.CreateAsync(schema, to, options).GetAwaiter().GetResult();
        _writer.CustomMetadata = new Dictionary<string, string> { ["exported_by"] = madeBy };
    }

    /// <summary>Writes a group of rows.</summary>
    /// <param name="rows">The rows of each column; equally many, at least one.</param>
    internal void WriteGroup(IReadOnlyList<ColumnRows> rows)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Count, _columns.Count);
        using ParquetRowGroupWriter group = _writer.CreateRowGroup();
        for (int i = 0; i < rows.Count; i++)
            WriteColumn(group, _columns[i], rows[i]);
        group.CompleteValidate();
    }

    /// <summary>Writes the end of the file, which says where everything is. A file without it is to be thrown away.</summary>
    internal void Complete() => _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private void WriteColumn(ParquetRowGroupWriter group, ParquetColumn column, ColumnRows rows)
    {
        ReadOnlyMemory<int> levels = LevelsOf(rows);
        ReadOnlySpan<long> values = rows.Values.Span;
        switch (column.Type)
        {
            case ParquetType.Boolean:
                Span<bool> flags = Room(ref _flags, values.Length);
                for (int i = 0; i < values.Length; i++)
                    flags[i] = values[i] != 0;
                Write<bool>(group, column, _flags.AsMemory(0, values.Length), levels);
                break;
            case ParquetType.Integer:
                Span<int> numbers = Room(ref _numbers, values.Length);
                for (int i = 0; i < values.Length; i++)
                    numbers[i] = (int)values[i];
                Write<int>(group, column, _numbers.AsMemory(0, values.Length), levels);
                break;
            case ParquetType.Date:
                Span<DateOnly> days = Room(ref _days, values.Length);
                for (int i = 0; i < values.Length; i++)
                    days[i] = DateOnly.FromDayNumber((int)values[i] + DayOfEpoch);
                Write<DateOnly>(group, column, _days.AsMemory(0, values.Length), levels);
                break;
            case ParquetType.Text:
                Span<ReadOnlyMemory<char>> texts = Room(ref _texts, values.Length);
                for (int i = 0; i < values.Length; i++)
                    texts[i] = rows.Texts[(int)values[i]];
                Write<ReadOnlyMemory<char>>(group, column, _texts.AsMemory(0, values.Length), levels);
                break;
            default:
                Write(group, column, rows.Values, levels);
                break;
        }
    }

    private static void Write<T>(ParquetRowGroupWriter group, ParquetColumn column, ReadOnlyMemory<T> values, ReadOnlyMemory<int> levels)
        where T : struct =>
        group.WriteAllPartsAsync(column.Field, values, levels, null, CancellationToken.None).GetAwaiter().GetResult();

    private ReadOnlyMemory<int> LevelsOf(ColumnRows rows)
    {
        Span<int> levels = Room(ref _levels, rows.Count);
        if (rows.ValueCount == rows.Count || rows.ValueCount == 0)
        {
            levels.Fill(rows.ValueCount == 0 ? 0 : 1);
        }
        else
        {
            ReadOnlySpan<byte> present = rows.Present;
            for (int i = 0; i < levels.Length; i++)
                levels[i] = (present[i >> 3] >> (i & 7)) & 1;
        }

        return _levels.AsMemory(0, rows.Count);
    }

    private static Span<T> Room<T>(ref T[] array, int count)
    {
        if (array.Length < count)
            Array.Resize(ref array, Math.Max(256, count));
        return array.AsSpan(0, count);
    }
}
