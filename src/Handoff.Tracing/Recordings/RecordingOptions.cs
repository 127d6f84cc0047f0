namespace Handoff.Tracing.Recordings;

/// <summary>Choices for opening a recording.</summary>
public sealed class RecordingOptions
{
    /// <summary>Leave a passed stream open when the reader is disposed.</summary>
    public bool LeaveOpen { get; init; }

    /// <summary>Refuse to unpack a compressed binary recording beyond this many bytes (it is unpacked into a temporary file).</summary>
    public long MaximumUnpackedBytes { get; init; } = 64L << 30;
}
