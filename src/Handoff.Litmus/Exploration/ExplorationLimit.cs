using System.Diagnostics;

namespace Handoff.Litmus.Exploration;

/// <summary>The part of a search's bounds that is looked at inside long computations.</summary>
/// <param name="bounds">The bounds.</param>
/// <param name="began">When the search began, as a timestamp.</param>
/// <param name="cancellation">Ends it early.</param>
internal sealed class ExplorationLimit(ExplorationBounds bounds, long began, CancellationToken cancellation)
{
    private long _configurations;

    /// <summary>No limit at all.</summary>
    public static ExplorationLimit None { get; } = new(ExplorationBounds.None, 0, CancellationToken.None);

    /// <summary>Counts one more configuration of lines and cells.</summary>
    /// <exception cref="ExplorationLimitException">A bound is reached.</exception>
    public void Count()
    {
        if ((++_configurations & 0x3ff) != 0)
            return;
        ExplorationOutcome outcome = _configurations > bounds.MaxStates ? ExplorationOutcome.StateLimit
            : cancellation.IsCancellationRequested ? ExplorationOutcome.Cancelled
            : bounds.Timeout >= TimeSpan.Zero && Stopwatch.GetElapsedTime(began) > bounds.Timeout ? ExplorationOutcome.Timeout
            : ExplorationOutcome.Complete;
        if (outcome != ExplorationOutcome.Complete)
            throw new ExplorationLimitException(outcome);
    }
}
