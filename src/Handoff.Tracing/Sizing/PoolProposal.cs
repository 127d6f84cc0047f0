namespace Handoff.Tracing.Sizing;

/// <summary>A value of <c>swiotlb=</c> and what the recorded load does with it.</summary>
/// <param name="Parameter">The value.</param>
/// <param name="PoolBytes">The pool the kernel makes of it.</param>
/// <param name="Failures">Requests that fail with it.</param>
/// <param name="HighWaterBytes">Most bytes in use at once.</param>
/// <param name="KneeBytes">The size from which on doubling helps little; <see langword="null"/> if no size helps.</param>
public sealed record PoolProposal(string Parameter, ulong PoolBytes, long Failures, ulong HighWaterBytes, ulong? KneeBytes);
