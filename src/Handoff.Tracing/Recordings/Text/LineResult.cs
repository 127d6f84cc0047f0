namespace Handoff.Tracing.Recordings.Text;

/// <summary>What a line of text turned out to be.</summary>
internal enum LineResult
{
    /// <summary>No event: a heading, an annotation, a stack entry.</summary>
    Other = 0,

    /// <summary>An event.</summary>
    Event,

    /// <summary>An event, parts of which could not be understood.</summary>
    Malformed,

    /// <summary>A note that events were lost.</summary>
    Lost,
}
