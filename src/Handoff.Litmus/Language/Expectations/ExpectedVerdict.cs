namespace Handoff.Litmus.Language;

/// <summary>One verdict of an <c>expect</c> line.</summary>
/// <param name="Verdict">The verdict.</param>
public sealed record ExpectedVerdict(Verdict Verdict) : SyntaxNode
{
    /// <summary>The error of <c>fails -EIO</c>; <see langword="null"/>: any error.</summary>
    public Located<Errno>? Error { get; init; }

    /// <summary>How often; <see langword="null"/>: at least once.</summary>
    public Located<Frequency>? Frequency { get; init; }
}
