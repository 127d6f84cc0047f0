namespace Handoff.Litmus.Witnesses;

/// <summary>One event of a witness.</summary>
public sealed record WitnessStep
{
    internal WitnessStep(WitnessEvent what, string actor, string text, int line, IReadOnlyList<StoryCell> memory) =>
        (What, Actor, Text, Line, Memory) = (what, actor, text, line, memory);

    /// <summary>Who acts: a thread, a device run, or <c>cache</c> for a move nobody asked for.</summary>
    public string Actor { get; }

    /// <summary>What happens, in words.</summary>
    public string Text { get; }

    /// <summary>Line of the statement it belongs to; 0 for the cache's own moves.</summary>
    public int Line { get; }

    /// <summary>What memory looks like afterwards.</summary>
    public IReadOnlyList<StoryCell> Memory { get; }

    /// <summary>The event itself.</summary>
    internal WitnessEvent What { get; }
}
