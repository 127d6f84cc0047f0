using Handoff.Litmus.Language;

namespace Handoff.Reports.Check;

/// <summary>A test that was asked for and cannot be checked.</summary>
/// <param name="Name">Name in the report.</param>
/// <param name="Path">The path that was read.</param>
/// <param name="Message">Why, if nothing could be read; empty if <paramref name="Parsed"/> tells.</param>
/// <param name="Parsed">What reading it gave; <see langword="null"/> if it is no text.</param>
public sealed record UnusableTest(string Name, string Path, string Message, ParseResult? Parsed)
{
    /// <summary>What is wrong, as <c>path:line:column: HL0001: message</c> or <c>path: message</c>.</summary>
    public IEnumerable<string> Problems =>
        Parsed is null
            ? [Message]
            : Parsed.Diagnostics.Select(each => $"{Path}:{Parsed.Source.PositionOf(each.Span.Start)}: {each.Id}: {each.Message}");
}
