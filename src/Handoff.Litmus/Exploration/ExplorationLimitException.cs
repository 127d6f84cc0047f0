namespace Handoff.Litmus.Exploration;

/// <summary>A search reached a bound in the middle of something. Never leaves the explorer.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1064", Justification = "Caught by the explorer and the lowering; nobody else meets it.")]
internal sealed class ExplorationLimitException(ExplorationOutcome outcome) : Exception
{
    public ExplorationOutcome Outcome => outcome;
}
