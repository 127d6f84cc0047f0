using System.Collections.Concurrent;
using Handoff.Kernels;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Exploration.BruteForce;
using Handoff.Litmus.Exploration.Search;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;
using Handoff.Litmus.Model;
using Handoff.Litmus.Tests.Exploration;
using Handoff.Litmus.Witnesses;

namespace Handoff.Litmus.Tests.Corpus;

/// <summary>The explorer that enumerates every single move says the same as the fast one about every test of the corpus.</summary>
public sealed class CorpusAgreementTests
{
    // More states than this are left to the night.
    private const long MostStates = 20_000;

    // Far apart in what they do to slots and short mappings.
    private static readonly string[] s_kernels = ["linux-5.10", "linux-5.17-rc8", KernelProfiles.DefaultName];

    [Fact]
    public void BruteForceAgreesOnEveryMachineOfEveryTest()
    {
        var compared = new ConcurrentDictionary<string, int>();
        int parts = 0, tooLarge = 0;
        Parallel.ForEach(
            from test in CorpusTest.All
            where !test.IsGenerated // made to be too large for enumeration
            from kernel in s_kernels
            from machine in Variants.Of(test.Test)
            select (test, kernel, machine),
            new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken },
            cell =>
            {
                foreach (LoweredTest lowered in Lowerer.Orders(cell.test.Test, KernelProfiles.Find(cell.kernel)!, cell.machine))
                {
                    // What versions cannot leave is small enough to enumerate where the whole is not.
                    foreach (AtomicProgram part in (AtomicProgram[])[lowered.Program, .. Projection.Groups(lowered.Program).Select(g => Projection.To(lowered.Program, g))])
                    {
                        ExplorationResult plain = BruteForceExplorer.Explore(part, MostStates, TestContext.Current.CancellationToken);
                        Interlocked.Increment(ref parts);
                        if (plain.Outcome != ExplorationOutcome.Complete)
                        {
                            if (part != lowered.Program)
                                Interlocked.Increment(ref tooLarge);
                            continue;
                        }

                        AgreementTests.AssertSame(plain, FastExplorer.Explore(part, cancellation: TestContext.Current.CancellationToken));
                        compared.TryAdd(cell.test.ToString(), 0);
                        if (part == lowered.Program)
                            break; // its parts say nothing new
                    }
                }
            });
        string[] never = [.. CorpusTest.All.Where(t => !t.IsGenerated).Select(t => t.ToString()).Except(compared.Keys)];
        Assert.True(never.Length == 0, $"too large in every part: {string.Join(", ", never)}");
        Assert.True(tooLarge * 20 < parts, $"{tooLarge} of {parts} parts were too large to enumerate");
    }
}
