namespace Handoff.Reports.Trace.Diff;

/// <summary>What a number of a comparison counts.</summary>
public enum DiffUnit
{
    /// <summary>Things.</summary>
    Count,

    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>Things a second.</summary>
    PerSecond,

    /// <summary>Bytes a second.</summary>
    BytesPerSecond,

    /// <summary>A part of a whole, 0 to 1.</summary>
    Share,

    /// <summary>Nanoseconds.</summary>
    Nanoseconds,
}
