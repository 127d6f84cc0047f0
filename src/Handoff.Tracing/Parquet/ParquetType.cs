namespace Handoff.Tracing.Parquet;

/// <summary>What a column holds.</summary>
internal enum ParquetType
{
    /// <summary>0 or 1.</summary>
    Boolean,

    /// <summary>Numbers of 32 bits.</summary>
    Integer,

    /// <summary>Numbers of 64 bits.</summary>
    Bigint,

    /// <summary>Numbers of 64 bits that grow slowly from row to row, as times do: differences are stored.</summary>
    BigintSeries,

    /// <summary>Days since 1970-01-01.</summary>
    Date,

    /// <summary>Text.</summary>
    Text,
}
