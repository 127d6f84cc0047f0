using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary>What reading a litmus text gave.</summary>
/// <param name="Source">The text.</param>
/// <param name="Test">The test; <see langword="null"/> if there is any error.</param>
/// <param name="Diagnostics">What is wrong, in text order.</param>
public sealed record ParseResult(SourceText Source, LitmusTest? Test, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>Whether the test can be used.</summary>
    public bool Success => Test is not null;
}
