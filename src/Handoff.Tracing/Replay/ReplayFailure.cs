namespace Handoff.Tracing.Replay;

/// <summary>Requests of one device that failed for one cause.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="Cause">Why.</param>
/// <param name="Count">Requests, a list counted once, however often it was tried.</param>
/// <param name="First">When the first one failed, in nanoseconds of the recording's clock.</param>
/// <param name="Largest">Bytes of the largest one (of a list: of the entry that failed).</param>
/// <param name="Region">Name of the device's restricted pool; <see langword="null"/> for devices of the default pool.</param>
public sealed record ReplayFailure(string Device, FailureCause Cause, long Count, ulong First, ulong Largest, string? Region)
{
    /// <summary>Whether a larger default pool could avoid it.</summary>
    public bool DependsOnPoolSize => Region is null && Cause.DependsOnSize();
}
