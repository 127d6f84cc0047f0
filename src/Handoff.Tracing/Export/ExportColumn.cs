using Parquet;
using Parquet.Schema;

namespace Handoff.Tracing.Export;

/// <summary>One column of a table, filled row by row and written group by group.</summary>
/// <param name="name">Its name.</param>
/// <param name="type">Its type in SQL: <c>BIGINT</c>, <c>INTEGER</c>, <c>BOOLEAN</c> or <c>VARCHAR</c>.</param>
/// <param name="parquet">Its type in Parquet.</param>
internal abstract class ExportColumn(string name, string type, DataField parquet)
{
    /// <summary>Its name.</summary>
    internal string Name => name;

    /// <summary>Its type in SQL.</summary>
    internal string SqlType => type;

    /// <summary>Its type in Parquet.</summary>
    internal DataField Field => parquet;

    /// <summary>Writes the rows since the last time, and begins anew.</summary>
    internal abstract void Flush(ParquetRowGroupWriter group, int rows);
}
