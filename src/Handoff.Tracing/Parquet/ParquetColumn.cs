using Parquet.Schema;

namespace Handoff.Tracing.Parquet;

/// <summary>A column of a file. Every column may have rows without a value.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What it holds.</param>
internal sealed record ParquetColumn(string Name, ParquetType Type)
{
    /// <summary>The library's description of it.</summary>
    internal DataField Field { get; } = new(Name, Type switch
    {
        ParquetType.Boolean => typeof(bool),
        ParquetType.Integer => typeof(int),
        ParquetType.Date => typeof(DateOnly),
        ParquetType.Text => typeof(string),
        _ => typeof(long),
    }, isNullable: true);
}
