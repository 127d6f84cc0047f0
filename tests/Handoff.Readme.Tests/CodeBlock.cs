using System.Text.RegularExpressions;

namespace Handoff.Readme.Tests;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">The page, relative to the repository.</param>
/// <param name="Line">Number of the block's first line.</param>
/// <param name="Language">The word after the fence.</param>
/// <param name="Mark">The text of an HTML comment right above the fence, or an empty string.</param>
/// <param name="Text">The lines between the fences, each with a line feed.</param>
internal sealed partial record CodeBlock(string Page, int Line, string Language, string Mark, string Text)
{
    /// <summary>All blocks of all pages in one language.</summary>
    public static IEnumerable<CodeBlock> All(string language) =>
        Repository.Pages.SelectMany(page => Of(page, Repository.Read(page))).Where(block => block.Language == language);

    /// <summary>The blocks of a page.</summary>
    public static IEnumerable<CodeBlock> Of(string page, string text)
    {
        string[] lines = text.Split('\n');
        for (int at = 0; at < lines.Length; at++)
        {
            if (!lines[at].StartsWith("```", StringComparison.Ordinal))
                continue;
            string language = lines[at][3..].Trim();
            string mark = at > 0 && Comment().Match(lines[at - 1]) is { Success: true } match ? match.Groups[1].Value : "";
            int end = Array.FindIndex(lines, at + 1, line => line.StartsWith("```", StringComparison.Ordinal));
            if (end < 0)
                throw new InvalidDataException($"{page}:{at + 1}: the block has no end");
            yield return new CodeBlock(page, at + 2, language, mark, string.Concat(lines[(at + 1)..end].Select(line => line + "\n")));
            at = end;
        }
    }

    public override string ToString() => $"{Page}:{Line}";

    [GeneratedRegex("^<!-- (.*) -->$")]
    private static partial Regex Comment();
}
