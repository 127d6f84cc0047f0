namespace Handoff.Litmus.Exploration;

/// <summary>How a search ended.</summary>
public enum ExplorationOutcome
{
    /// <summary>Every behaviour was seen.</summary>
    Complete,

    /// <summary>The bound on states was reached: verdicts found are real, others may be missing.</summary>
    StateLimit,

    /// <summary>Time ran out: verdicts found are real, others may be missing.</summary>
    Timeout,

    /// <summary>Somebody cancelled it: verdicts found are real, others may be missing.</summary>
    Cancelled,
}
