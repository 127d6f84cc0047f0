namespace Handoff.Tracing.Parquet;

/// <summary>What the end of a file says about one column of one group of rows.</summary>
internal sealed record ChunkFacts
{
    /// <summary>How values are encoded: the format's numbers.</summary>
    internal required int[] Encodings { get; init; }

    /// <summary>Rows, with and without a value.</summary>
    internal required int Rows { get; init; }

    /// <summary>Rows without a value.</summary>
    internal required int Missing { get; init; }

    /// <summary>Where the dictionary is in the file; -1 without one.</summary>
    internal required long DictionaryAt { get; init; }

    /// <summary>Where the values are.</summary>
    internal required long DataAt { get; init; }

    /// <summary>Bytes of its pages with their heads.</summary>
    internal required long PackedBytes { get; init; }

    /// <summary>The same before compression.</summary>
    internal required long PlainBytes { get; init; }

    /// <summary>The lowest value, as the format stores it; empty if there is none or it is not told.</summary>
    internal byte[]? Lowest { get; init; }

    /// <summary>The highest value.</summary>
    internal byte[]? Highest { get; init; }
}
