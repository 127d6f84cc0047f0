using Handoff.Swiotlb;
using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Sizing;

/// <summary>Proposes a boot parameter, or tries one out: what a report says about a cure comes from here.</summary>
public static class PoolAdvisor
{
    /// <summary>The smallest pool with headroom for a load.</summary>
    /// <returns>The proposal; <see langword="null"/> if no size serves the load without failures that depend on it.</returns>
    public static PoolProposal? Propose(RecordedLoad load, CancellationToken cancellation = default)
    {
        SizeResult result = SizeSearch.Run(load, new SizeOptions(), cancellation: cancellation);
        return (result.WithHeadroom ?? result.Smallest) is { } found ? Of(found, result) : null;
    }

    /// <summary>What the load does with a given parameter.</summary>
    /// <param name="load">The load.</param>
    /// <param name="parameter">The text after <c>swiotlb=</c>, such as <c>4096</c> or <c>4096,4,force</c>.</param>
    /// <param name="cancellation">Ends the replay early.</param>
    public static PoolProposal Try(RecordedLoad load, string parameter, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(load);
        SwiotlbParameter parsed = SwiotlbParameter.Parse(parameter);
        bool forcedByParameter = SwiotlbParameter.Parse(load.Machine.Machine.SwiotlbParameter).Force;
        var configuration = new ReplayConfiguration
        {
            Slots = parsed.Slots,
            DefaultSize = parsed.Slots is null,
            Areas = parsed.Areas,
            Bounce = parsed.NoForce ? BounceMode.Never : parsed.Force ? BounceMode.Forced : forcedByParameter ? BounceMode.WhenNeeded : BounceMode.AsRecorded,
        };
        SizeResult sizes = SizeSearch.Run(load, new SizeOptions { Areas = parsed.Areas, Bounce = configuration.Bounce }, cancellation: cancellation);
        return Of(ReplayRun.Run(load, [configuration], cancellation: cancellation)[0], sizes) with { Parameter = parameter };
    }

    private static PoolProposal Of(ReplayOutcome outcome, SizeResult sizes) => new(
        outcome.Parameter, (ulong)outcome.PoolSlots << SwiotlbConstants.SlotShift, outcome.Failures, outcome.HighWaterBytes,
        sizes.Knee is { } knee ? (ulong)knee.PoolSlots << SwiotlbConstants.SlotShift : null);
}
