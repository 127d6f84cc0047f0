using System.Collections.Immutable;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>A change that may help.</summary>
/// <param name="Kind">What it changes.</param>
/// <param name="Weight">How far it goes: smaller ones are tried, and named, first.</param>
/// <param name="Text">In words.</param>
/// <param name="Span">What it is about.</param>
/// <param name="Edits">The change itself.</param>
internal sealed record Candidate(CureKind Kind, int Weight, string Text, SourceSpan Span, ImmutableArray<TextEdit> Edits)
{
    /// <summary>Changes of one group do the same in different places: the first that helps is enough.</summary>
    public string Group { get; init; } = "";

    /// <summary>Whether it contains all of another one, which already helps.</summary>
    public bool Contains(Cure smaller) => smaller.Edits.All(e => Edits.Contains(e));

    /// <summary>Whether both can be made at once.</summary>
    public bool IsApart(Candidate other) =>
        !Edits.Any(a => other.Edits.Any(b => a.Span.Start < b.Span.End && b.Span.Start < a.Span.End || a.Span.Start == b.Span.Start));
}
