namespace Handoff.Litmus.Language;

/// <summary>A name, declared or used. All names of a test live in one namespace and none is declared twice, so a name's text identifies its declaration.</summary>
/// <param name="Text">The name itself.</param>
public sealed record Name(string Text) : SyntaxNode
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}
