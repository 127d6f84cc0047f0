namespace Handoff.Litmus.Language;

/// <summary>A value that was written down, with its place. A <see langword="null"/> reference means: not pinned.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
/// <param name="Value">The value.</param>
public sealed record Located<T>(T Value) : SyntaxNode;
