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
            var options = new CheckOptions { Witnesses = request.Explain, Machines = request.Machines, Progress = progress.Searching };
            if (request.MaxStates is { } states)
                options = options with { MaxStates = states };
            void Check(int index)
            {
                var kernel = request.Kernels[index % kernels];
                var (_, parsed) = tests[index / kernels];
                var result = LitmusChecker.Check(parsed.Test!, kernel, options, limit.Token);
                bool curable = request.Explain && result.Verdicts.Count > 0;
                cells[index] = new CheckedCell(kernel, result)
                {
                    Cures = curable ? CureFinder.Find(parsed.Source, parsed.Test!, kernel, options, limit.Token) : null,
                };
                progress.Done();
            }

            if (cells.Length == 1)
                Check(0); // a single test starts faster without threads
            else
                Parallel.For(0, cells.Length, Check);
        }

        return new CheckReport(
            request.Kernels,
            tests.Select((test, index) => new CheckedTest(
                test.File.Name, test.Parsed.Source, test.Parsed.Test!, new ArraySegment<CheckedCell>(cells, index * kernels, kernels))),
            Stopwatch.GetElapsedTime(began))
        {
            Unusable = unusable ?? [],
            EndedEarly = !limit.IsCancellationRequested || cells.All(cell => cell.Result.Conclusive) ? null
                : session.Cancelled.IsCancellationRequested ? "interrupted" : $"stopped after {Quantity.Of(request.Timeout!.Value)}",
        };
    }

    /// <summary>The exit code of a report.</summary>
    public static ExitCode CodeOf(CheckReport report) =>
        report.Count(CellState.Differs) > 0 ? ExitCode.Differs
        : report.Count(CellState.Inconclusive) > 0 ? ExitCode.Inconclusive
        : ExitCode.AsExpected;
}
