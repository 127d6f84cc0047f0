using System.Runtime.CompilerServices;
using Handoff.Ownership;

namespace Handoff.Core.Tests.Ownership;

public sealed class FindingRulesTests
{
    [Fact]
    public void NumbersAscendAndEverythingIsSaid()
    {
        Assert.Equal(FindingRules.All.Select(r => r.Id).Order(StringComparer.Ordinal).Distinct(), FindingRules.All.Select(r => r.Id));
        foreach (FindingRule rule in FindingRules.All)
        {
            Assert.Matches("^DMA[0-9]{4}$", rule.Id);
            Assert.NotEmpty(rule.Title);
            Assert.EndsWith(".", rule.OnOtherMachines, StringComparison.Ordinal);
            Assert.EndsWith(".", rule.Hint, StringComparison.Ordinal);
            Assert.Same(rule, FindingRules.Find(rule.Id));
        }
    }

    /// <summary>The page is made from the table; set HANDOFF_BLESS to write it anew.</summary>
    [Fact]
    public void ThePageIsCurrent() => Page("findings.md", FindingRules.ToMarkdown());

    internal static void Page(string name, string text, [CallerFilePath] string here = "")
    {
        string path = Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", name);
        if (Environment.GetEnvironmentVariable("HANDOFF_BLESS") is not null)
            File.WriteAllText(path, text);
        Assert.Equal(text, File.ReadAllText(path));
    }
}
