using Handoff.Litmus.Exploration;

namespace Handoff.Reports.Check;

/// <summary>How a search ended, in words.</summary>
public static class SearchText
{
    /// <summary>The word of the JSON output.</summary>
    public static string Name(ExplorationOutcome outcome) => outcome switch
    {
        ExplorationOutcome.Complete => "complete",
        ExplorationOutcome.StateLimit => "stateLimit",
        ExplorationOutcome.Timeout => "timeout",
        ExplorationOutcome.Cancelled => "cancelled",
        ExplorationOutcome.OrderLimit => "orderLimit",
        ExplorationOutcome.TooLarge => "tooLarge",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    /// <summary>Why not everything is known, and what would help; a sentence without a full stop.</summary>
    public static string Reason(ExplorationOutcome outcome) => outcome switch
    {
        ExplorationOutcome.Complete => "everything was seen",
        ExplorationOutcome.StateLimit => "the bound on states was reached; --max-states raises it, --on leaves fewer machines",
        ExplorationOutcome.Timeout => "time ran out",
        ExplorationOutcome.Cancelled => "interrupted",
        ExplorationOutcome.OrderLimit => "the threads can call the mapping layer in more orders than are tried; fewer calls in threads, or a signal between them, would help",
        ExplorationOutcome.TooLarge => "too many statements meet in the same memory; split the test",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}
