using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>A change of a test after which nothing goes wrong any more, tried out under the same kernel and on the same machines.</summary>
/// <param name="Kind">What is changed.</param>
/// <param name="Text">The change in words, such as <c>without SKIP_CPU_SYNC on line 12</c>.</param>
/// <param name="Span">The statement or declaration that it is about.</param>
/// <param name="Edits">The change of the test's text.</param>
public sealed record Cure(CureKind Kind, string Text, SourceSpan Span, IReadOnlyList<TextEdit> Edits);
