using CsCheck;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Exploration.BruteForce;
using Handoff.Litmus.Exploration.Search;

namespace Handoff.Litmus.Tests.Exploration;

/// <summary>The fast explorer says exactly what literal enumeration says.</summary>
public sealed class AgreementTests
{
    [Fact]
    public void ExplorersAgreeOnRandomPrograms()
    {
        long iterations = long.TryParse(Environment.GetEnvironmentVariable("HANDOFF_RANDOM_PROGRAMS"), out long more) ? more : 12_000;
        int interesting = 0, sometimes = 0, always = 0;
        RandomPrograms.Any.Sample(
            program =>
            {
                ExplorationResult plain = BruteForceExplorer.Explore(program);
                ExplorationResult fast = FastExplorer.Explore(program);
                AssertSame(plain, fast);
                AssertSameVerdicts(plain, new SearchMemory().Explore(program, ExplorationBounds.None, CancellationToken.None));
                if (plain.Possible != 0)
                    Interlocked.Increment(ref interesting);
                if ((plain.Possible & ~plain.Certain) != 0)
                    Interlocked.Increment(ref sometimes);
                if (plain.Certain != 0)
                    Interlocked.Increment(ref always);
            },
            seed: "0N0XIzNsQ0O2",
            iter: iterations);

        // Agreement on programs in which nothing happens would prove nothing.
        Assert.True(interesting > iterations / 4, $"{interesting} of {iterations} show a verdict");
        Assert.True(sometimes > iterations / 20, $"{sometimes} of {iterations} show one sometimes");
        Assert.True(always > iterations / 20, $"{always} of {iterations} show one always");
    }

    internal static void AssertSame(ExplorationResult plain, ExplorationResult fast)
    {
        AssertSameVerdicts(plain, fast);
        Assert.Equal(Sorted(plain), Sorted(fast));
    }

    internal static void AssertSameVerdicts(ExplorationResult plain, ExplorationResult fast)
    {
        Assert.Equal(ExplorationOutcome.Complete, plain.Outcome);
        Assert.Equal(ExplorationOutcome.Complete, fast.Outcome);
        Assert.Equal(plain.Possible, fast.Possible);
        Assert.Equal(plain.Certain, fast.Certain);
        Assert.Equal(plain.CanGetStuck, fast.CanGetStuck);
        Assert.Equal(plain.Findings.Order(), fast.Findings.Order());
    }

    private static IEnumerable<Observation> Sorted(ExplorationResult result) =>
        result.Observations.OrderBy(o => o.Step.Agent).ThenBy(o => o.Step.Index).ThenBy(o => o.Cell).ThenBy(o => o.Version);
}
