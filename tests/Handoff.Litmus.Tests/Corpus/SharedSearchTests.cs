using Handoff.Kernels;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Exploration.Search;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;

namespace Handoff.Litmus.Tests.Corpus;

/// <summary>What one search found for several kernels and machines is what a search of each would find.</summary>
[Collection(CorpusRuns.Name)]
public sealed class SharedSearchTests
{
    // Far apart in what they do.
    private static readonly string[] s_kernels = ["linux-4.9", "linux-5.17-rc8", "linux-6.4", KernelProfiles.DefaultName, "linux-7.3-rc", "android-uncached"];

    [Fact]
    public void SharedSearchesFindWhatSingleOnesFind()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        int programs = 0, searches = 0;
        Parallel.ForEach(CorpusTest.All.Where(t => !t.IsGenerated), new ParallelOptions { CancellationToken = cancellation }, test =>
        {
            var memory = new SearchMemory();
            var single = new Dictionary<string, ExplorationResult>();
            foreach (string kernel in s_kernels)
            {
                foreach (MachineVariant machine in Variants.Of(test.Test))
                {
                    foreach (LoweredTest lowered in Lowerer.Orders(test.Test, KernelProfiles.Find(kernel)!, machine))
                    {
                        ExplorationResult? shared = memory.Explore(lowered, ExplorationBounds.None, cancellation);
                        string key = CorpusAgreementTests.Key(lowered.Program);
                        if (!single.TryGetValue(key, out ExplorationResult? own))
                            single.Add(key, own = FastExplorer.Explore(lowered.Program, cancellation: cancellation));
                        string where = $"{test}, {kernel}, {machine}";
                        Assert.True(own.Possible == shared?.Possible, where);
                        Assert.True(own.Certain == shared.Certain, where);
                        Assert.True(own.CanGetStuck == shared.CanGetStuck, where);
                        Assert.True(own.Findings.SetEquals(shared.Findings), where);
                        Interlocked.Increment(ref programs);
                    }
                }
            }

            Interlocked.Add(ref searches, memory.Searches);
        });

        Assert.True(programs > 8 * searches, $"{searches} searches for {programs} programs");
    }
}
