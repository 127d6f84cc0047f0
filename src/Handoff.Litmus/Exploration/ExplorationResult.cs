using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration;

/// <summary>What all behaviours of a program have in common, and what some of them show.</summary>
internal sealed record ExplorationResult
{
    /// <summary>Verdicts of at least one complete behaviour.</summary>
    public required Verdicts Possible { get; init; }

    /// <summary>Verdicts of every complete behaviour.</summary>
    public required Verdicts Certain { get; init; }

    /// <summary>Findings (see <see cref="WindowCheck.Finding"/>) raised in at least one behaviour.</summary>
    public required IReadOnlySet<int> Findings { get; init; }

    /// <summary>Everything that reads returned.</summary>
    public required IReadOnlySet<Observation> Observations { get; init; }

    /// <summary>Whether some schedule ends with an agent that waits for ever.</summary>
    public bool CanGetStuck { get; init; }

    public long States { get; init; }

    public long Transitions { get; init; }

    /// <summary>Memory that a state takes, index included; 0 where nobody counts it.</summary>
    public double BytesPerState { get; init; }

    public ExplorationOutcome Outcome { get; init; }
}
