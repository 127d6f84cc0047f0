using System.Text;
using Handoff.Tracing.Parquet;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace Handoff.Tracing.Tests.Parquet;

/// <summary>What is written is what somebody else's library reads.</summary>
public sealed class ParquetFileTests
{
    private static readonly ParquetColumn[] Columns =
    [
        new("flag", ParquetType.Boolean), new("small", ParquetType.Integer), new("large", ParquetType.Bigint), new("time", ParquetType.BigintSeries),
        new("day", ParquetType.Date), new("words", ParquetType.Text),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(129)]
    [InlineData(130)]
    [InlineData(1000)]
    [InlineData(70_000)]
    public async Task Every_shape_of_column_comes_back(int rows)
    {
        for (int seed = 0; seed < (rows > 10_000 ? 4 : 25); seed++)
        {
            var random = new Random(rows * 1000 + seed);
            long?[][][] groups = [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Columns.Select(column => Shape(random, column.Type, rows)).ToArray())];
            using var stream = new MemoryStream();
            Write(stream, groups);
            stream.Position = 0;
            await using ParquetReader reader = await ParquetReader.CreateAsync(stream, new ParquetOptions { UseDateOnlyTypeForDates = true }, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal((groups.Length, (long)groups.Length * rows), (reader.RowGroupCount, reader.Metadata!.NumRows));
            Assert.Equal("test", reader.CustomMetadata["exported_by"]);
            DataField[] fields = reader.Schema.DataFields;
            Assert.Equal(Columns.Select(static column => column.Name), fields.Select(static field => field.Name));
            for (int g = 0; g < groups.Length; g++)
            {
                using ParquetRowGroupReader group = reader.OpenRowGroupReader(g);
                for (int c = 0; c < Columns.Length; c++)
                {
                    Assert.Equal(Columns[c].Type == ParquetType.Text ? [.. groups[g][c].Select(WordOf)] : groups[g][c].Select(static value => value?.ToString()).ToArray(), await Read(group, fields[c], Columns[c].Type, rows));
                    Check(group.GetStatistics(fields[c])!, Columns[c].Type, groups[g][c]);
                }
            }
        }
    }

    [Fact]
    public void Rows_are_handed_out_anew()
    {
        var rows = new ColumnRows();
        rows.AddMissing();
        rows.Add(7);
        rows.AddMissing();
        rows.Clear();
        for (int i = 0; i < 9; i++)
            rows.Add(i);
        rows.AddMissing();
        Assert.Equal((10, 9), (rows.Count, rows.ValueCount));
        Assert.Equal([0xff, 0x01], rows.Present.ToArray());
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8], rows.Values.ToArray());
    }

    [Fact]
    public void A_file_without_rows_is_a_file()
    {
        using var stream = new MemoryStream();
        Write(stream, []);
        byte[] bytes = stream.ToArray();
        Assert.Equal("PAR1", Encoding.ASCII.GetString(bytes[..4]));
        Assert.Equal("PAR1", Encoding.ASCII.GetString(bytes[^4..]));
        Assert.Equal(bytes.Length - 12, BitConverter.ToInt32(bytes.AsSpan(bytes.Length - 8)));
    }

    private static void Write(Stream stream, long?[][][] groups)
    {
        var file = new ParquetFile(stream, Columns, "test");
        ColumnRows[] rows = [.. Columns.Select(static _ => new ColumnRows())];
        foreach (long?[][] group in groups)
        {
            for (int c = 0; c < Columns.Length; c++)
            {
                rows[c].Clear();
                foreach (long? value in group[c])
                {
                    if (value is not { } known)
                        rows[c].AddMissing();
                    else
                        rows[c].Add(Columns[c].Type == ParquetType.Text ? rows[c].NumberOf(WordOf(known)!) : known);
                }
            }

            file.WriteGroup(rows);
        }

        file.Complete();
    }

    private static async Task<string?[]> Read(ParquetRowGroupReader group, DataField field, ParquetType type, int rows)
    {
        switch (type)
        {
            case ParquetType.Text:
                string?[] texts = new string?[rows];
                await group.ReadAsync(field, texts);
                return texts;
            case ParquetType.Boolean:
                bool?[] flags = new bool?[rows];
                await group.ReadAsync<bool>(field, flags);
                return [.. flags.Select(static flag => flag is null ? null : flag == true ? "1" : "0")];
            case ParquetType.Integer:
                int?[] numbers = new int?[rows];
                await group.ReadAsync<int>(field, numbers);
                return [.. numbers.Select(static number => number?.ToString())];
            case ParquetType.Date:
                DateOnly?[] days = new DateOnly?[rows];
                await group.ReadAsync<DateOnly>(field, days);
                return [.. days.Select(static day => day is null ? null : (day.Value.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber).ToString())];
            default:
                long?[] larges = new long?[rows];
                await group.ReadAsync<long>(field, larges);
                return [.. larges.Select(static number => number?.ToString())];
        }
    }

    private static void Check(DataColumnStatistics told, ParquetType type, long?[] values)
    {
        Assert.Equal(values.Count(static value => value is null), told.NullCount);
        if (told.NullCount == values.Length)
            return; // the library says 0 to 0 of numbers that are all missing; how many are missing is what readers ask first
        if (type is ParquetType.Integer or ParquetType.Bigint or ParquetType.BigintSeries)
            Assert.Equal((values.Min()?.ToString(), values.Max()?.ToString()), (told.MinValue?.ToString(), told.MaxValue?.ToString()));
        else if (type == ParquetType.Text && told.MinValue is string lowest)
            Assert.Equal((values.Select(WordOf).Where(static word => word is not null).Min(StringComparer.Ordinal), values.Select(WordOf).Max(StringComparer.Ordinal)), (lowest, (string?)told.MaxValue));
    }

    private static string? WordOf(long? value) => value is null ? null : $"wörd {new string((char)('a' + Math.Abs(value.Value % 26)), (int)Math.Abs(value.Value % 80))}{value}";

    // Values as they come in recordings, and others: one, few, many, sorted, long and short runs, extremes; all, none or some there.
    private static long?[] Shape(Random random, ParquetType type, int rows)
    {
        var (lowest, highest) = type switch
        {
            ParquetType.Boolean => (0L, 1L),
            ParquetType.Integer => (int.MinValue, int.MaxValue),
            ParquetType.Date => (-10_000, 40_000),
            _ => (long.MinValue, long.MaxValue),
        };
        int shape = random.Next(7), presence = random.Next(5);
        long last = Math.Clamp(random.Next(-1000, 1000), lowest, highest);
        long[] few = [.. Enumerable.Range(0, random.Next(1, 1 << random.Next(1, 12))).Select(_ => random.NextInt64(lowest, highest))];
        int run = 0;
        return [.. Enumerable.Range(0, rows).Select(Value)];

        long? Value(int row)
        {
            last = shape switch
            {
                0 => last,
                1 => few[random.Next(few.Length)],
                2 => random.NextInt64(lowest, highest),
                3 => Math.Min(highest, last + random.Next(3)),
                4 => random.Next(2) == 0 ? lowest : highest,
                5 => run-- > 0 ? last : NextRun(),
                _ => Math.Clamp(last + random.NextInt64(-1L << random.Next(31), 1L << random.Next(31)), lowest, highest),
            };
            return presence switch
            {
                0 => null,
                1 => row == 0 ? null : last,
                2 => row == rows - 1 ? null : last,
                3 => random.Next(3) == 0 ? null : last,
                _ => last,
            };
        }

        long NextRun()
        {
            run = random.Next(4) == 0 ? random.Next(200) : random.Next(10);
            return few[random.Next(few.Length)];
        }
    }
}
