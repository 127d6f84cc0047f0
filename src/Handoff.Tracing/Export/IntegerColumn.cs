using Parquet;
using Parquet.Schema;

namespace Handoff.Tracing.Export;

/// <summary>Numbers of 32 bits.</summary>
internal sealed class IntegerColumn(string name) : ExportColumn(name, "INTEGER", new DataField(name, typeof(int), isNullable: true))
{
    private int?[] _rows = []; // grows: most tables are small
    private int _count;

    internal void Add(int? value) => Next() = value;

    private ref int? Next()
    {
        if (_count == _rows.Length)
            Array.Resize(ref _rows, Math.Max(256, _count * 2));
        return ref _rows[_count++];
    }

    internal override void Flush(ParquetRowGroupWriter group, int rows)
    {
        group.WriteAsync<int>(Field, _rows.AsMemory(0, rows)).GetAwaiter().GetResult();
        _count = 0;
    }
}
