namespace Handoff.Tracing.Recordings.Formats;

/// <summary>How a field lies in a record.</summary>
internal enum FieldKind : byte
{
    /// <summary>The event has no such field.</summary>
    Absent = 0,

    /// <summary>A number at its offset.</summary>
    Scalar,

    /// <summary>A locator whose offset counts from the record's start.</summary>
    DataLocator,

    /// <summary>A locator whose offset counts from its own end.</summary>
    RelativeLocator,

    /// <summary>Bytes at the offset, of fixed length or up to the record's end.</summary>
    Inline,
}
