namespace Handoff.Litmus.Language;

/// <summary>A place in a source text as people count it.</summary>
/// <param name="Line">Line number from 1.</param>
/// <param name="Column">Column from 1, in UTF-16 characters.</param>
public readonly record struct SourcePosition(int Line, int Column)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Line}:{Column}";
}
