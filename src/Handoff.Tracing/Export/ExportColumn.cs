using Handoff.Tracing.Parquet;

namespace Handoff.Tracing.Export;

/// <summary>One column of a table, filled row by row. Two sets of rows take turns: one is filled while the other is written.</summary>
/// <param name="name">Its name.</param>
/// <param name="type">What it holds.</param>
internal abstract class ExportColumn(string name, ParquetType type)
{
    private ColumnRows _spare = new();

    /// <summary>Its name and type.</summary>
    internal ParquetColumn Column { get; } = new(name, type);

    /// <summary>Its type in SQL.</summary>
    internal string SqlType => type switch
    {
        ParquetType.Boolean => "BOOLEAN",
        ParquetType.Integer => "INTEGER",
        ParquetType.Date => "DATE",
        ParquetType.Text => "VARCHAR",
        _ => "BIGINT",
    };

    /// <summary>The rows that are being filled.</summary>
    protected ColumnRows Rows { get; private set; } = new();

    /// <summary>Hands the rows out and begins anew. What was handed out before must not be in use any more.</summary>
    internal virtual ColumnRows Take()
    {
        ColumnRows full = Rows;
        _spare.Clear();
        (Rows, _spare) = (_spare, full);
        return full;
    }
}
