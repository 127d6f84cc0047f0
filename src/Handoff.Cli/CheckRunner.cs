using System.Collections.Concurrent;
using System.Diagnostics;
using Handoff.Cli.Terminal;
using Handoff.Litmus;
using Handoff.Litmus.Cures;
using Handoff.Litmus.Language;
using Handoff.Reports.Check;
using Handoff.Reports.Text;

namespace Handoff.Cli;

/// <summary>Checks tests under kernels, several at once, and collects the report.</summary>
internal static class CheckRunner
{
    /// <summary>Checks every test under every kernel. The report does not depend on how many processors help.</summary>
    public static CheckReport Run(IReadOnlyList<(LitmusFile File, ParseResult Parsed)> tests, CheckRequest request, Session session, IReadOnlyList<UnusableTest>? unusable = null)
    {
        long began = Stopwatch.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(session.Cancelled);
        if (request.Timeout is { } time)
            limit.CancelAfter(time);

        int kernels = request.Kernels.Count;
        var cells = new CheckedCell[tests.Count * kernels];
        using (var progress = new CheckProgress(session, cells.Length))
        {
            var options = new CheckOptions { Witnesses = request.Explain, Machines = request.Machines, On = request.On, Progress = progress.Searching };
            if (request.MaxStates is { } states)
                options = options with { MaxStates = states };
            void Check(int index, SearchMemory memory)
            {
                var kernel = request.Kernels[index % kernels];
                var (_, parsed) = tests[index / kernels];
                var remembering = options with { Memory = memory };
                var result = LitmusChecker.Check(parsed.Test!, kernel, remembering, limit.Token);
                bool curable = request.Explain && result.Verdicts.Count > 0;
                cells[index] = new CheckedCell(kernel, result)
                {
                    Cures = curable ? CureFinder.Find(parsed.Source, parsed.Test!, kernel, remembering, limit.Token) : null,
                };
                progress.Done();
            }

            void CheckTest(int test)
            {
                var memory = new SearchMemory(); // most kernels decide most tests alike
                for (int index = test * kernels; index < (test + 1) * kernels; index++)
                    Check(index, memory);
            }

            // A single check starts faster without threads. Few tests leave processors idle unless kernels are spread.
            if (cells.Length == 1)
                CheckTest(0);
            else if (tests.Count >= 4 * Environment.ProcessorCount || kernels == 1)
                InParallel(tests.Count, CheckTest);
            else
            {
                var memories = tests.Select(_ => new SearchMemory()).ToArray();
                InParallel(cells.Length, index => Check(index, memories[index / kernels]));
            }
        }

        return new CheckReport(
            request.Kernels,
            tests.Select((test, index) => new CheckedTest(
                test.File.Name, test.Parsed.Source, test.Parsed.Test!, new ArraySegment<CheckedCell>(cells, index * kernels, kernels))),
            Stopwatch.GetElapsedTime(began))
        {
            On = request.On,
            Unusable = unusable ?? [],
            EndedEarly = !limit.IsCancellationRequested || cells.All(cell => cell.Result.Conclusive) ? null
                : session.Cancelled.IsCancellationRequested ? "interrupted" : $"stopped after {Quantity.Of(request.Timeout!.Value)}",
        };
    }

    /// <summary>Does one after the other, in order, as processors become free.</summary>
    private static void InParallel(int count, Action<int> body) =>
        Parallel.ForEach(Partitioner.Create(Enumerable.Range(0, count), EnumerablePartitionerOptions.NoBuffering), body);

    /// <summary>The exit code of a report.</summary>
    public static ExitCode CodeOf(CheckReport report) =>
        report.Count(CellState.Differs) > 0 ? ExitCode.Differs
        : report.Count(CellState.Inconclusive) > 0 ? ExitCode.Inconclusive
        : ExitCode.AsExpected;
}
