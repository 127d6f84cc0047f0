namespace Handoff.Tracing.Sizing;

/// <summary>A restricted pool: what it holds, and what it would have to hold.</summary>
/// <param name="Name">Name of the reserved region.</param>
/// <param name="Bytes">Recorded size.</param>
/// <param name="HighWaterBytes">Most bytes in use at once, in the recorded size.</param>
/// <param name="Failures">Failures in the recorded size.</param>
/// <param name="SmallestBytes">Smallest size, in whole segments of 256 KiB, without a failure that depends on it; 0 if none was found.</param>
public sealed record RegionSize(string Name, ulong Bytes, ulong HighWaterBytes, long Failures, ulong SmallestBytes);
