using Handoff.Kernels;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Exploration.Search;
using Handoff.Litmus.Lowering;

namespace Handoff.Litmus.Tests.Corpus;

/// <summary>What a state takes, counted on the family that was made to have many.</summary>
public sealed class StressFamilyTests
{
    public static TheoryData<string> Names => [.. CorpusTest.All.Where(t => t.IsGenerated).Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AStateTakesAtMost40Bytes(string name)
    {
        CorpusTest test = CorpusTest.All.Single(t => t.IsGenerated && t.Name == name);
        LoweredTest lowered = Lowerer.Orders(test.Test, KernelProfiles.Default, Variants.Of(test.Test).First()).First();
        ExplorationResult result = FastExplorer.Explore(lowered.Program, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(ExplorationOutcome.Complete, result.Outcome);
        Assert.InRange(result.BytesPerState, 8, 40);
        Assert.True(result.Transitions >= result.States - 1);
    }

    [Fact]
    public void ASearchAllocatesLittleMoreThanItsStates()
    {
        CorpusTest test = CorpusTest.All.Where(t => t.IsGenerated).MaxBy(t => t.Text.Length)!;
        LoweredTest lowered = Lowerer.Orders(test.Test, KernelProfiles.Default, Variants.Of(test.Test).First()).First();
        Assert.NotEmpty(lowered.Program.Agents);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ExplorationResult result = FastExplorer.Explore(lowered.Program, cancellation: TestContext.Current.CancellationToken);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(result.States > 10_000);

        // All that was ever allocated, arrays that were outgrown and the configurations of lines included.
        Assert.InRange((double)allocated / result.States, 8, 100);
    }
}
