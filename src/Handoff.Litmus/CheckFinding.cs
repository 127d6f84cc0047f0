using Handoff.Litmus.Language;

namespace Handoff.Litmus;

/// <summary>A rule that is broken, or an error, with its place in the test.</summary>
/// <param name="Verdict">What it counts as.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Span">The statement.</param>
public sealed record CheckFinding(Verdict Verdict, string Message, SourceSpan Span);
