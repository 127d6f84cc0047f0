namespace Handoff.Litmus.Exploration;

/// <summary>When a search gives up, and whom it tells about its progress.</summary>
internal sealed record ExplorationBounds
{
    public static ExplorationBounds None { get; } = new();

    public long MaxStates { get; init; } = long.MaxValue;

    public TimeSpan Timeout { get; init; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Called now and then, on the searching thread.</summary>
    public Action<ExplorationProgress>? Progress { get; init; }
}
