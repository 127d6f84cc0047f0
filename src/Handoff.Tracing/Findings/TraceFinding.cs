using Handoff.Ownership;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Sizing;

namespace Handoff.Tracing.Findings;

/// <summary>Something worth knowing about a recording: what is wrong, why, and what to do.</summary>
public sealed record TraceFinding
{
    /// <summary>What it is about.</summary>
    public required TraceFindingKind Kind { get; init; }

    /// <summary>Its name in machine-readable output: <c>pool-full</c> and so on; for ownership the rule, <c>DMA0005</c>.</summary>
    public required string Id { get; init; }

    /// <summary>How bad it is.</summary>
    public required FindingSeverity Severity { get; init; }

    /// <summary>How sure it is.</summary>
    public required Confidence Confidence { get; init; }

    /// <summary>One line: what is wrong.</summary>
    public required string Title { get; init; }

    /// <summary>Devices concerned, the most concerned first.</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>Why, as sentences; empty ones are left out.</summary>
    public IReadOnlyList<string> Why { get; init => field = [.. value.Where(static sentence => sentence.Length > 0)]; } = [];

    /// <summary>What to do, the most promising first.</summary>
    public IReadOnlyList<Cure> Cures { get; init; } = [];

    /// <summary>The load replayed on pools of other sizes, where the size is what is wrong; <see langword="null"/> otherwise, or if untried.</summary>
    public SizeResult? Sizes { get; init; }

    /// <summary>Single events that support it, as lines.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];

    /// <summary>How often.</summary>
    public long Count { get; init; }

    /// <summary>Time of the first occurrence, in the recording's units; <see langword="null"/> if it has none.</summary>
    public ulong? FirstTime { get; init; }

    /// <summary>Time of the last occurrence.</summary>
    public ulong? LastTime { get; init; }

    /// <summary>Whether failures of a replay that have this cause are what the finding is about.</summary>
    public bool IsAbout(FailureCause cause) => Kind switch
    {
        TraceFindingKind.RequestOverLimit => cause == FailureCause.TooLong,
        TraceFindingKind.PoolOutOfReach => cause == FailureCause.PoolOutOfReach,
        TraceFindingKind.NoPool => cause == FailureCause.NoPool,
        _ => cause.DependsOnSize(),
    };

    /// <summary>Whether something is wrong: a failure or a broken rule that is more than possible. Costs and gaps are not.</summary>
    public bool IsWrong => Kind is not (TraceFindingKind.Bounces or TraceFindingKind.Incomplete)
        && Severity > FindingSeverity.Note && Confidence > Confidence.Possible;
}
