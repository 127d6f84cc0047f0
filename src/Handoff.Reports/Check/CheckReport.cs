using Handoff.Kernels;
using Handoff.Litmus.Language;

namespace Handoff.Reports.Check;

/// <summary>What <c>check</c> found: every writer starts from this.</summary>
public sealed class CheckReport
{
    /// <summary>Takes results and puts what needs attention first.</summary>
    /// <param name="kernels">The kernels, in the order asked for.</param>
    /// <param name="tests">The tests; their cells follow <paramref name="kernels"/>.</param>
    /// <param name="elapsed">Time on the clock.</param>
    public CheckReport(IReadOnlyList<KernelProfile> kernels, IEnumerable<CheckedTest> tests, TimeSpan elapsed)
    {
        Kernels = kernels;
        AsGiven = [.. tests];
        Tests = [.. AsGiven.OrderBy(test => Urgency(test.State))]; // stable: the order given within each group
        Elapsed = elapsed;
    }

    /// <summary>The kernels, in the order asked for.</summary>
    public IReadOnlyList<KernelProfile> Kernels { get; }

    /// <summary>The tests: those that differ first, then inconclusive ones, then the rest.</summary>
    public IReadOnlyList<CheckedTest> Tests { get; }

    /// <summary>The tests in the order given: for output whose numbers should not change from run to run.</summary>
    public IReadOnlyList<CheckedTest> AsGiven { get; }

    /// <summary>Tests that could not be read or understood, and so were not checked.</summary>
    public IReadOnlyList<UnusableTest> Unusable { get; init; } = [];

    /// <summary>Time on the clock.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>The machine that all tests were put on, if one was named.</summary>
    public KnownMachine? On { get; init; }

    /// <summary>Why the run ended early, as a sentence; <see langword="null"/> if it did not.</summary>
    public string? EndedEarly { get; init; }

    /// <summary>States visited.</summary>
    public long States => Tests.Sum(test => test.Cells.Sum(cell => cell.Result.States));

    /// <summary>Number of cells in a state.</summary>
    public int Count(CellState state) => Tests.Sum(test => test.Cells.Count(cell => cell.State == state));

    private static int Urgency(CellState state) => state switch
    {
        CellState.Differs => 0,
        CellState.Inconclusive => 1,
        _ => 2,
    };
}
