using System.Collections.Immutable;
using Handoff.Kernels;
using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Sizing;

/// <summary>The machine for which a pool is sized: what differs from the recorded one, besides the pool.</summary>
public sealed record SizeOptions
{
    /// <summary>Which kernel; <see langword="null"/> for the recorded one.</summary>
    public KernelProfile? Kernel { get; init; }

    /// <summary>Areas as asked for; <see langword="null"/> for as many as recorded.</summary>
    public int? Areas { get; init; }

    /// <summary>Which mappings bounce.</summary>
    public BounceMode Bounce { get; init; }

    /// <summary>Streaming masks of devices by name.</summary>
    public ImmutableSortedDictionary<string, ulong> Masks { get; init; } = ImmutableSortedDictionary<string, ulong>.Empty;

    /// <summary>Share of the pool that stays free at the high-water mark of the recommended size, 0 to below 1.</summary>
    public double Headroom { get; init; } = 0.25;
}
