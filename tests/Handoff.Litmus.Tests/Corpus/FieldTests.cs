using System.Text.RegularExpressions;
using Handoff.Kernels;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Tests.Corpus;

/// <summary>The families of real problems and of shared buffers: sources, cures, size.</summary>
public sealed partial class FieldTests
{
    private static readonly CorpusTest[] s_field = [.. CorpusTest.All.Where(t => t.Family == "field")];

    [Fact]
    public void EveryProblemCitesItsReport()
    {
        Assert.All(s_field.Where(t => !IsCure(t) && !IsVariant(t)), t => Assert.True(Citation().IsMatch(t.Text), $"{t} cites no report"));
    }

    [Fact]
    public void EveryCureBelongsToAProblemAndIsBetter()
    {
        foreach (CorpusTest cure in s_field.Where(IsCure))
        {
            CorpusTest? problem = s_field.FirstOrDefault(t => t.Name == cure.Name[..^"-fixed".Length]);
            Assert.True(problem is not null, $"{cure} cures nothing");
            Assert.True(Gravest(cure) < Gravest(problem), $"{cure} is no better than {problem}");
        }
    }

    [Fact]
    public void FamiliesAreLargeEnough()
    {
        Assert.True(s_field.Count(t => !IsCure(t)) >= 28, $"field: {s_field.Count(t => !IsCure(t))} problems");
        Assert.True(CorpusTest.All.Count(t => t.Family == "sharing") >= 40);
    }

    private static Verdict Gravest(CorpusTest test) =>
        LitmusChecker.Check(test.Test, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken).Verdicts is [var first, ..] ? first.Verdict : default;

    private static bool IsCure(CorpusTest test) => test.Name.EndsWith("-fixed", StringComparison.Ordinal);

    /// <summary>The same problem on another machine: its report is cited by the test with the shorter name.</summary>
    private static bool IsVariant(CorpusTest test) => s_field.Any(t => t != test && test.Name.StartsWith(t.Name + "-", StringComparison.Ordinal));

    [GeneratedRegex(@"Reports?: ([\w.-]+/[\w.-]+#\d+|\S+@\S+|[\w ,]+ on [\w-]+)")]
    private static partial Regex Citation();
}
