namespace Handoff.Litmus.Exploration;

/// <summary>A search reached a bound in the middle of something. Never leaves the explorer.</summary>
internal sealed class ExplorationLimitException(ExplorationOutcome outcome) : Exception
{
    public ExplorationOutcome Outcome => outcome;
}
