using System.Collections.Immutable;
using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Sizing;

/// <summary>Which pool a load needs, with every size that was tried.</summary>
public sealed class SizeResult
{
    /// <summary>The load.</summary>
    public required RecordedLoad Load { get; init; }

    /// <summary>What was asked for.</summary>
    public required SizeOptions Options { get; init; }

    /// <summary>The recorded configuration.</summary>
    public required ReplayOutcome Recorded { get; init; }

    /// <summary>Sizes that the kernel makes, ascending, up to the first that is needed for everything below.</summary>
    public ImmutableArray<ReplayOutcome> Curve { get; init; } = [];

    /// <summary>The smallest pool without a failure that depends on its size; <see langword="null"/> if every size has such failures.</summary>
    public ReplayOutcome? Smallest { get; init; }

    /// <summary>The smallest pool that also stays as empty as asked for at its high-water mark.</summary>
    public ReplayOutcome? WithHeadroom { get; init; }

    /// <summary>Where doubling the pool stops to help much; <see langword="null"/> if nothing helps.</summary>
    public ReplayOutcome? Knee { get; init; }

    /// <summary>The recommended size with other numbers of areas, ascending.</summary>
    public ImmutableArray<ReplayOutcome> AreaCurve { get; init; } = [];

    /// <summary>
    /// The fewest areas of <see cref="AreaCurve"/> whose busiest area has at most 2 percentage points more of the searches than the best
    /// has; <see langword="null"/> where there is nothing to choose.
    /// </summary>
    public ReplayOutcome? Areas { get; init; }

    /// <summary>Restricted pools that devices of the load use.</summary>
    public ImmutableArray<RegionSize> Regions { get; init; } = [];

    /// <summary>Failures that no size of the default pool avoids.</summary>
    public ImmutableArray<ReplayFailure> Unhelped { get; init; } = [];

    /// <summary>Whether no pool is needed at all: nothing bounces.</summary>
    public bool NothingBounces => Curve.All(static o => o is { Bounced: 0, FailuresBySize: 0 } && !o.FailuresByCause.Any(static f => f.Cause == FailureCause.NoPool));

    /// <summary>Whether some size serves the whole load.</summary>
    public bool Succeeded => (Smallest is not null || NothingBounces) && Unhelped.IsEmpty && !Interrupted;

    /// <summary>Whether the search was ended before all was known.</summary>
    public bool Interrupted { get; init; }
}
