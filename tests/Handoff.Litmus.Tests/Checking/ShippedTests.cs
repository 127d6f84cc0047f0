using Handoff.Kernels;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Exploration.BruteForce;
using Handoff.Litmus.Exploration.Search;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;
using Handoff.Litmus.Tests.Exploration;

namespace Handoff.Litmus.Tests.Checking;

/// <summary>Both explorers on the tests that are shipped, reduced to one line per long stretch as always.</summary>
public sealed class ShippedTests
{
    [Fact]
    public void ExplorersAgreeOnShippedTests()
    {
        int compared = 0, tooLarge = 0;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Root, "litmus"), "*.litmus", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (Path.GetFileName(Path.GetDirectoryName(file)) == "stress")
                continue; // made to be too large for enumeration
            ParseResult parsed = LitmusParser.Parse(File.ReadAllText(file), file);
            Assert.True(parsed.Success, file);
            LoweredTest lowered = Lowerer.Orders(parsed.Test!, KernelProfiles.Default, Variants.Of(parsed.Test!).First()).First();
            ExplorationResult plain = BruteForceExplorer.Explore(lowered.Program, 20_000, TestContext.Current.CancellationToken);
            if (plain.Outcome != ExplorationOutcome.Complete)
            {
                // The parts of the program that versions cannot leave are small enough to enumerate one by one.
                foreach (int[] cells in Witnesses.Projection.Groups(lowered.Program))
                {
                    var part = Witnesses.Projection.To(lowered.Program, cells);
                    plain = BruteForceExplorer.Explore(part, 20_000, TestContext.Current.CancellationToken);
                    if (plain.Outcome == ExplorationOutcome.Complete)
                        AgreementTests.AssertSame(plain, FastExplorer.Explore(part, cancellation: TestContext.Current.CancellationToken));
                    else
                        tooLarge++;
                }
            }
            else
            {
                AgreementTests.AssertSame(plain, FastExplorer.Explore(lowered.Program, cancellation: TestContext.Current.CancellationToken));
            }

            compared++;
        }

        Assert.True(compared > 50, $"{compared} tests");
        Assert.True(tooLarge * 10 < compared, $"{tooLarge} parts were too large to enumerate");
    }

    internal static string Root
    {
        get
        {
            string? at = AppContext.BaseDirectory;
            while (at is not null && !File.Exists(Path.Combine(at, "Handoff.slnx")))
                at = Path.GetDirectoryName(at);
            return at ?? throw new DirectoryNotFoundException("Handoff.slnx");
        }
    }
}
