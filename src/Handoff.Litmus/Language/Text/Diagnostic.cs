namespace Handoff.Litmus.Language;

/// <summary>Something wrong in a litmus file: what, where, and what would help.</summary>
/// <param name="Id">Stable identifier, <c>HL</c> and four digits (see <see cref="DiagnosticIds"/>).</param>
/// <param name="Severity">Whether the file can still be used.</param>
/// <param name="Span">The characters it is about.</param>
/// <param name="Message">What is wrong, in one sentence without a full stop.</param>
/// <param name="Hint">What to do, or <see langword="null"/>.</param>
public sealed record Diagnostic(string Id, DiagnosticSeverity Severity, SourceSpan Span, string Message, string? Hint = null);
