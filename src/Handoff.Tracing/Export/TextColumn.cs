using Parquet;
using Parquet.Schema;

namespace Handoff.Tracing.Export;

/// <summary>Text. Strings should be shared: a name that comes up often is one object.</summary>
internal sealed class TextColumn(string name) : ExportColumn(name, "VARCHAR", new DataField(name, typeof(string), isNullable: true))
{
    private string?[] _rows = []; // grows: most tables are small
    private int _count;

    /// <summary>Adds text; empty text is none.</summary>
    internal void Add(string? value) => Next() = string.IsNullOrEmpty(value) ? null : value;

    private ref string? Next()
    {
        if (_count == _rows.Length)
            Array.Resize(ref _rows, Math.Max(256, _count * 2));
        return ref _rows[_count++];
    }

    internal override void Flush(ParquetRowGroupWriter group, int rows)
    {
        group.WriteAsync(Field, new ArraySegment<string>(_rows!, 0, rows)).GetAwaiter().GetResult();
        Array.Clear(_rows, 0, rows);
        _count = 0;
    }
}
