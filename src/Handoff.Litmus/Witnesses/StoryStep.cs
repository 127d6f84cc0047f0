using Handoff.Litmus.Language;

namespace Handoff.Litmus.Witnesses;

/// <summary>One event of a story, and what memory looks like after it.</summary>
/// <param name="Actor">Who acts: a thread, a device run, or <c>cache</c> for a move nobody asked for.</param>
/// <param name="Text">What happens.</param>
/// <param name="Span">The statement it belongs to; empty for the cache's own moves.</param>
/// <param name="Cells">The cells that matter, after the event.</param>
public sealed record StoryStep(string Actor, string Text, SourceSpan Span, IReadOnlyList<StoryCell> Cells)
{
    /// <summary>Why the kernel bounced or refused here, if it did.</summary>
    public string? Reason { get; init; }
}
