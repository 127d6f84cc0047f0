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
            string target = link.Groups[1].Value.Split('#')[0];
            if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
                continue;
            string path = Path.Combine(Repository.Root, Path.GetDirectoryName(page) ?? "", target);
            Assert.True(File.Exists(path) || Directory.Exists(path), $"{page}: the link to {target} leads nowhere");
        }
    }

    [Fact]
    public void Litmus_tests_on_pages_do_what_they_expect()
    {
        foreach (var block in CodeBlock.All("litmus").Where(block => block.Page != "docs/litmus-language.md")) // the reference has tests of its own
        {
            var parsed = LitmusParser.Parse(block.Text, block.ToString());
            Assert.True(parsed.Diagnostics.IsEmpty, DiagnosticWriter.Format(parsed));
            var result = LitmusChecker.Check(parsed.Test!, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken);
            Assert.True(result.AsExpected, $"{block}: {string.Join("; ", result.Mismatches)}");
        }
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
