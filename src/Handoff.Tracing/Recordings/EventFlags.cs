namespace Handoff.Tracing.Recordings;

/// <summary>The yes/no facts of one event, packed.</summary>
[Flags]
internal enum EventFlags
{
    None = 0,
    Direction = 1,
    Truncated = 2,
    Force = 4,
    Dynamic = 8,
    HashedPointer = 16,
    LostAnywhere = 32,
    LostToEnd = 64,
}
