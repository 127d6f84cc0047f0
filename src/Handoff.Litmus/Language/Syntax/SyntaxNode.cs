namespace Handoff.Litmus.Language;

/// <summary>A piece of a litmus test with its place in the text.</summary>
public abstract record SyntaxNode
{
    /// <summary>The characters it was read from; empty for nodes that were made by hand.</summary>
    public SourceSpan Span { get; init; }
}
