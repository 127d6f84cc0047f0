using Parquet;
using Parquet.Schema;

namespace Handoff.Tracing.Export;

/// <summary>Numbers of 64 bits. Larger unsigned ones appear negative: few engines know unsigned numbers.</summary>
internal sealed class BigintColumn(string name) : ExportColumn(name, "BIGINT", new DataField(name, typeof(long), isNullable: true))
{
    private long?[] _rows = []; // grows: most tables are small
    private int _count;

    internal void Add(long? value) => Next() = value;

    internal void Add(ulong value) => Next() = unchecked((long)value);

    /// <summary>An address; all ones stand for none.</summary>
    internal void AddAddress(ulong value) => Next() = value == ulong.MaxValue ? null : unchecked((long)value);

    private ref long? Next()
    {
        if (_count == _rows.Length)
            Array.Resize(ref _rows, Math.Max(256, _count * 2));
        return ref _rows[_count++];
    }

    internal override void Flush(ParquetRowGroupWriter group, int rows)
    {
        group.WriteAsync<long>(Field, _rows.AsMemory(0, rows)).GetAwaiter().GetResult();
        _count = 0;
    }
}
