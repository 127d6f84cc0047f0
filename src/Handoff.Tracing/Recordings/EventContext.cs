namespace Handoff.Tracing.Recordings;

/// <summary>What a CPU was doing when it logged an event. Later members interrupt earlier ones, and return to them.</summary>
public enum EventContext
{
    /// <summary>The recording does not say.</summary>
    Unknown = 0,

    /// <summary>Running a task.</summary>
    Task,

    /// <summary>Serving a soft interrupt.</summary>
    SoftInterrupt,

    /// <summary>Serving a hardware interrupt.</summary>
    HardInterrupt,

    /// <summary>Serving an interrupt that cannot be masked.</summary>
    NonMaskableInterrupt,
}
