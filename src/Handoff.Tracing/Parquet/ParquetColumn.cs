namespace Handoff.Tracing.Parquet;

/// <summary>A column of a file. Every column may have rows without a value.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What it holds.</param>
internal sealed record ParquetColumn(string Name, ParquetType Type)
{
    /// <summary>The format's own number for how values are stored: BOOLEAN, INT32, INT64 or BYTE_ARRAY.</summary>
    internal int PhysicalType => Type switch
    {
        ParquetType.Boolean => 0,
        ParquetType.Integer or ParquetType.Date => 1,
        ParquetType.Text => 6,
        _ => 2,
    };
}
