namespace Handoff.Tracing.Replay;

/// <summary>The yes/no facts of a load operation.</summary>
[Flags]
public enum LoadFlags : ushort
{
    /// <summary>None of them.</summary>
    None = 0,

    /// <summary>The map bounced in the recording.</summary>
    Bounced = 1,

    /// <summary>The map failed in the recording; <see cref="LoadOperation.Recorded"/> is then the assumed lifetime in nanoseconds.</summary>
    Failed = 2,

    /// <summary>First entry of a list.</summary>
    ListStart = 4,

    /// <summary>Last entry of a list.</summary>
    ListEnd = 8,

    /// <summary>An entry of a list.</summary>
    InList = 16,

    /// <summary>A failed map that repeats one that failed before: the driver tries again.</summary>
    Retry = 32,

    /// <summary>The request failed before and went through at last.</summary>
    AfterFailure = 64,

    /// <summary>The recording does not tell the address.</summary>
    AddressUnknown = 128,

    /// <summary>Device registers: never bounced.</summary>
    Resource = 256,
}
