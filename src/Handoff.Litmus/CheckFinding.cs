using Handoff.Litmus.Language;
using Handoff.Ownership;

namespace Handoff.Litmus;

/// <summary>A rule that is broken, or an error, with its place in the test.</summary>
/// <param name="Verdict">What it counts as.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Span">The statement.</param>
public sealed record CheckFinding(Verdict Verdict, string Message, SourceSpan Span)
{
    /// <summary>The numbered rule that is broken, as in recordings (<c>docs/findings.md</c>); <see langword="null"/> if it has no number.</summary>
    public FindingRule? Rule { get; init; }
}
