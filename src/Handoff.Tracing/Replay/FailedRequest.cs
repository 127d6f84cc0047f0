namespace Handoff.Tracing.Replay;

/// <summary>A request for a mapping that failed in the recording, with the attempts that belong to it.</summary>
internal sealed class FailedRequest(long number, FailedRequestKey key)
{
    /// <summary>Number, from 1.</summary>
    public long Number => number;

    /// <summary>What it asks for.</summary>
    public FailedRequestKey Key => key;

    /// <summary>When it was last tried.</summary>
    public ulong LastTime { get; set; }
}
