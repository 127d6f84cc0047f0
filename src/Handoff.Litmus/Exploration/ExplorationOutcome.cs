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

    /// <summary>Threads can call the mapping layer in more orders than are tried: verdicts found are real, others may be missing.</summary>
    OrderLimit,

    /// <summary>The test makes a program that is too large to be explored: nothing is known.</summary>
    TooLarge,
}
