using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Findings;

/// <summary>Something to try against a finding.</summary>
/// <param name="Text">What to do, as a sentence.</param>
/// <param name="Parameter">The boot parameter that does it, such as <c>swiotlb=4096</c>; <see langword="null"/> if none does.</param>
/// <param name="Trials">Machines on which the load may show whether it helps, the smallest change first; empty if it cannot be tried.</param>
public sealed record Cure(string Text, string? Parameter = null, IReadOnlyList<ReplayConfiguration>? Trials = null)
{
    /// <summary>What the replayed load did on the first trial that helped, or on the last one; <see langword="null"/> if it was not tried.</summary>
    public ReplayOutcome? Outcome { get; init; }

    /// <summary>What a user types after <c>handoff replay TRACE</c> to try it out; <see langword="null"/> if it cannot be tried so.</summary>
    public string? ReplayOptions { get; init; }

    /// <summary>What the load did on the recorded machine; <see langword="null"/> if it was not tried.</summary>
    public ReplayOutcome? Before { get; init; }

    /// <summary>Whether it helped there; <see langword="null"/> if it was not tried.</summary>
    public bool? Helps { get; init; }
}
