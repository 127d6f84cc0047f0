using System.Text.RegularExpressions;
using Handoff.Kernels;
using Handoff.Litmus;
using Handoff.Litmus.Language;

namespace Handoff.Readme.Tests;

/// <summary>Links lead somewhere, and litmus tests on pages do what their expectations say.</summary>
public sealed partial class PageTests
{
    public static TheoryData<string> Pages => [.. Repository.Pages];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_to_files_lead_somewhere(string page)
    {
        string text = Fence().Replace(Repository.Read(page), "");
        foreach (Match link in Link().Matches(text))
        {
            string[] parts = link.Groups[1].Value.Split('#', 2);
            string target = parts[0];
            if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
                continue;
            string path = target.Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page) ?? "", target);
            string full = Path.Combine(Repository.Root, path);
            Assert.True(File.Exists(full) || Directory.Exists(full), $"{page}: the link to {target} leads nowhere");
            if (parts.Length > 1)
                Assert.True(Anchors(Repository.Read(path)).Contains(parts[1]), $"{page}: {path} has no heading #{parts[1]}");
        }
    }

    [Theory]
    [InlineData("# My data is stale\n", "my-data-is-stale")]
    [InlineData("## `handoff check`: two words\n", "handoff-check-two-words")]
    [InlineData("## “full”: what is wrong?\n", "full-what-is-wrong")]
    public void Anchors_are_made_of_headings(string text, string anchor) => Assert.Equal([anchor], Anchors(text));

    [Fact]
    public void Pages_for_users_are_in_the_list_of_pages()
    {
        string index = Repository.Read("docs/README.md");
        string[] missing = [.. Repository.Pages.Where(page => page.StartsWith("docs/", StringComparison.Ordinal) && page.Count(letter => letter == '/') == 1)
            .Select(page => page["docs/".Length..])
            .Where(page => page != "README.md" && !index.Contains($"({page})", StringComparison.Ordinal))];
        Assert.Empty(missing);
    }

    [Fact]
    public void Blocks_with_the_name_of_a_file_are_that_file()
    {
        var named = CodeBlock.All("litmus").Where(block => block.Mark.EndsWith(".litmus", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(named);
        Assert.All(named, block => Assert.Equal(Repository.Read(block.Mark), block.Text));
    }

    [Fact]
    public void Litmus_tests_on_pages_do_what_they_expect()
    {
        // The reference has tests of its own; what a block that is a file comes to, the page shows.
        foreach (var block in CodeBlock.All("litmus").Where(block => block.Page != "docs/litmus-language.md" && block.Mark.Length == 0))
        {
            var parsed = LitmusParser.Parse(block.Text, block.ToString());
            Assert.True(parsed.Diagnostics.IsEmpty, DiagnosticWriter.Format(parsed));
            var result = LitmusChecker.Check(parsed.Test!, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken);
            Assert.True(result.AsExpected, $"{block}: {string.Join("; ", result.Mismatches)}");
        }
    }

    /// <summary>The anchors of a page's headings, as forges make them.</summary>
    private static HashSet<string> Anchors(string text) => [.. Heading().Matches(Fence().Replace(text, ""))
        .Select(heading => Unspoken().Replace(heading.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    [GeneratedRegex("^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex Unspoken();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
