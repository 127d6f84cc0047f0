namespace Handoff.Tracing.Export;

/// <summary>What became of a mapping.</summary>
internal enum MappingState
{
    /// <summary>It was released.</summary>
    Released,

    /// <summary>It was live when the recording ended.</summary>
    Live,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>Its end is not in the recording.</summary>
    Lost,
}
