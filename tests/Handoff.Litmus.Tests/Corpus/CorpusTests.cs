using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Handoff.Kernels;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;

namespace Handoff.Litmus.Tests.Corpus;

/// <summary>The corpus keeps what it promises: every expectation, under every kernel; and every test is argued and listed.</summary>
[Collection(CorpusRuns.Name)]
public sealed partial class CorpusTests
{
    [Fact]
    public void EveryTestMeetsItsExpectationsUnderEveryKernel()
    {
        var wrong = new ConcurrentBag<string>();
        int cells = 0;
        Parallel.ForEach(
            CorpusTest.All.SelectMany(test => test.Kernels.Select(kernel => (test, kernel))),
            new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken },
            cell =>
            {
                CheckResult result = LitmusChecker.Check(cell.test.Test, cell.kernel, cancellation: TestContext.Current.CancellationToken);
                Interlocked.Increment(ref cells);
                if (!result.Conclusive)
                    wrong.Add($"{cell.test} on {cell.kernel.Name}: inconclusive");
                foreach (string mismatch in result.Mismatches)
                    wrong.Add($"{cell.test} on {cell.kernel.Name}: {mismatch}");
            });
        Assert.True(wrong.IsEmpty, $"{wrong.Count} of {cells}:\n{string.Join('\n', wrong.Order(StringComparer.Ordinal).Take(60))}");
        Assert.True(cells > 30 * CorpusTest.All.Count(t => !t.IsGenerated), $"{cells} checks");
    }

    [Fact]
    public void ThereAreEnoughTests()
    {
        Assert.True(CorpusTest.All.Count >= 150, $"{CorpusTest.All.Count} tests");
        Dictionary<string, int> sizes = CorpusTest.All.GroupBy(t => t.Family).ToDictionary(g => g.Key, g => g.Count());
        Assert.True(sizes["cache"] >= 20, $"cache: {sizes["cache"]} tests");
        Assert.True(sizes["swiotlb"] >= 25, $"swiotlb: {sizes["swiotlb"]} tests");
    }

    [Fact]
    public void NamesAndTitlesTellTestsApart()
    {
        foreach (IGrouping<string, CorpusTest> family in CorpusTest.All.GroupBy(t => t.Family))
            Assert.Equal(family.Count(), family.Select(t => t.Test.Title).Distinct().Count());
        Assert.All(CorpusTest.All, t => Assert.Matches(NameRule(), t.Name));
    }

    [Fact]
    public void EveryFamilysPageListsEveryTest()
    {
        foreach (IGrouping<string, CorpusTest> family in CorpusTest.All.Where(t => !t.IsGenerated).GroupBy(t => t.Family))
        {
            string page = File.ReadAllText(Path.Combine(CorpusTest.Directory, family.Key, "README.md"));
            string[] missing = [.. family.Where(t => !Regex.IsMatch(page, $@"(?<![\w-]){Regex.Escape(t.Name)}(?![\w-])")).Select(t => t.Name)];
            Assert.True(missing.Length == 0, $"litmus/{family.Key}/README.md does not list {string.Join(", ", missing)}");
        }
    }

    [Fact]
    public void EveryTestArguesItsVerdict()
    {
        foreach (CorpusTest test in CorpusTest.All.Where(t => !t.IsGenerated))
        {
            // What NAME-fixed changes is argued beside what is wrong in NAME.
            CorpusTest? wrong = test.Name.EndsWith("-fixed", StringComparison.Ordinal)
                ? CorpusTest.All.FirstOrDefault(t => t.Family == test.Family && t.Name == test.Name[..^"-fixed".Length]) : null;
            string comments = string.Join(' ', Comment().Matches(test.Text + wrong?.Text).Select(m => m.Groups["text"].Value));
            Assert.Contains("//", test.Text, StringComparison.Ordinal);
            Assert.True(comments.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length >= 5, $"{test}: no comment argues the verdict");
            Assert.NotEmpty(test.Test.Expectations);
        }
    }

    /// <summary>A range or condition that no kernel or machine meets would promise something that nobody checks.</summary>
    [Fact]
    public void EveryExpectationSpeaksAboutSomeKernelAndMachine()
    {
        foreach (CorpusTest test in CorpusTest.All)
        {
            var used = new HashSet<Expectation>(ReferenceEqualityComparer.Instance);
            foreach (KernelProfile kernel in test.Kernels)
            {
                foreach (MachineVariant machine in Variants.Of(test.Test))
                {
                    if (ExpectationResolver.Find(test.Test, kernel.Name, machine) is { } line)
                        used.Add(line);
                }
            }

            foreach (Expectation line in test.Test.Expectations)
                Assert.True(used.Contains(line), $"{test}:{test.Text.AsSpan(0, line.Span.Start).Count('\n') + 1}: no kernel and machine is left for this line");
        }
    }

    [GeneratedRegex("^[a-z0-9]+(?:-[a-z0-9]+)*$", RegexOptions.ExplicitCapture)]
    private static partial Regex NameRule();

    [GeneratedRegex("^// ?(?<text>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Comment();
}
