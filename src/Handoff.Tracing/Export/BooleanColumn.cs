using Parquet;
using Parquet.Schema;

namespace Handoff.Tracing.Export;

/// <summary>Yes or no.</summary>
internal sealed class BooleanColumn(string name) : ExportColumn(name, "BOOLEAN", new DataField(name, typeof(bool), isNullable: true))
{
    private bool?[] _rows = []; // grows: most tables are small
    private int _count;

    internal void Add(bool? value) => Next() = value;

    private ref bool? Next()
    {
        if (_count == _rows.Length)
            Array.Resize(ref _rows, Math.Max(256, _count * 2));
        return ref _rows[_count++];
    }

    internal override void Flush(ParquetRowGroupWriter group, int rows)
    {
        group.WriteAsync<bool>(Field, _rows.AsMemory(0, rows)).GetAwaiter().GetResult();
        _count = 0;
    }
}
