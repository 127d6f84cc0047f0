using System.Collections.Concurrent;
using System.Text;
using Handoff.Kernels;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Exploration.BruteForce;
using Handoff.Litmus.Exploration.Search;
using Handoff.Litmus.Lowering;
using Handoff.Litmus.Model;
using Handoff.Litmus.Tests.Exploration;
using Handoff.Litmus.Witnesses;

namespace Handoff.Litmus.Tests.Corpus;

/// <summary>The explorer that enumerates every single move says the same as the fast one about every test of the corpus.</summary>
[Collection(CorpusRuns.Name)]
public sealed class CorpusAgreementTests
{
    // More states than these are not enumerated. The parts that versions cannot leave are small where a whole program is not.
    private const long MostStatesOfAWhole = 2_000;
    private const long MostStatesOfAPart = 20_000;

    // Far apart in what they do to slots and short mappings.
    private static readonly string[] s_kernels = ["linux-5.10", "linux-5.17-rc8", KernelProfiles.DefaultName];

    [Fact]
    public void BruteForceAgreesOnEveryMachineOfEveryTest()
    {
        var seen = new ConcurrentDictionary<string, bool>(); // programs, and whether they were small enough
        var compared = new ConcurrentDictionary<string, int>();
        int wholes = 0;
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Parallel.ForEach(
            from test in CorpusTest.All
            where !test.IsGenerated // made to be too large for enumeration
            from kernel in s_kernels
            from machine in Variants.Of(test.Test)
            select (test, kernel, machine),
            new ParallelOptions { CancellationToken = cancellation },
            cell =>
            {
                foreach (LoweredTest lowered in Lowerer.Orders(cell.test.Test, KernelProfiles.Find(cell.kernel)!, cell.machine))
                {
                    if (Agrees(lowered.Program, MostStatesOfAWhole))
                    {
                        compared.TryAdd(cell.test.ToString(), 0);
                        Interlocked.Increment(ref wholes);
                        continue;
                    }

                    foreach (int[] cells in Projection.Groups(lowered.Program))
                    {
                        if (Agrees(Projection.To(lowered.Program, cells), MostStatesOfAPart))
                            compared.TryAdd(cell.test.ToString(), 0);
                    }
                }
            });

        string[] never = [.. CorpusTest.All.Where(t => !t.IsGenerated).Select(t => t.ToString()).Except(compared.Keys)];
        Assert.True(never.Length == 0, $"too large in every part: {string.Join(", ", never)}");
        Assert.True(wholes > 200, $"only {wholes} programs were enumerated as a whole");

        bool Agrees(AtomicProgram program, long mostStates) => seen.GetOrAdd($"{mostStates} {Key(program)}", _ =>
        {
            ExplorationResult plain = BruteForceExplorer.Explore(program, mostStates, cancellation);
            if (plain.Outcome != ExplorationOutcome.Complete)
                return false;
            AgreementTests.AssertSame(plain, FastExplorer.Explore(program, cancellation: cancellation));
            return true;
        });
    }

    /// <summary>Everything of a program that an explorer looks at.</summary>
    internal static string Key(AtomicProgram program)
    {
        var key = new StringBuilder();
        foreach (Cell cell in program.Cells)
            key.Append(cell.Line).Append('.').Append(cell.Initial).Append(' ');
        foreach (ContentVersion version in program.Versions)
            key.Append(version.Home).Append('.').Append(version.Writer?.Agent).Append('.').Append(version.Writer?.Index).Append(' ');
        foreach (Agent agent in program.Agents)
        {
            key.Append('\n');
            foreach (AtomicStep step in agent.Steps)
            {
                key.Append('|').Append((int)step.Raises);
                foreach (Operation o in step.Operations)
                    key.Append(' ').Append((int)o.Kind).Append('.').Append((int)o.Path).Append('.').Append(o.Target).Append('.').Append(o.Source).Append('.').Append(o.Version).Append('.').Append(o.Home);
                foreach (Precondition after in step.After)
                    key.Append('>').Append(after.Step.Agent).Append('.').Append(after.Step.Index).Append(after.Orders);
                foreach (WindowCheck check in step.Checks)
                {
                    key.Append('?').Append(check.RaiseInside).Append((int)check.Verdict).Append('.').Append(check.Finding);
                    foreach (Window window in check.Windows)
                        key.Append('[').Append(window.Agent).Append('.').Append(window.From).Append('.').Append(window.EndAgent).Append('.').Append(window.To);
                }
            }
        }

        return key.ToString();
    }
}
