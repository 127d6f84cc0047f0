using Handoff.Litmus.Language;

namespace Handoff.Reports.Check;

/// <summary>One test under all kernels asked for.</summary>
/// <param name="Name">Name in the report.</param>
/// <param name="Source">Its text, with the path that was read.</param>
/// <param name="Test">The test.</param>
/// <param name="Cells">One per kernel, in the report's order.</param>
public sealed record CheckedTest(string Name, SourceText Source, LitmusTest Test, IReadOnlyList<CheckedCell> Cells)
{
    /// <summary>The most urgent state of its cells.</summary>
    public CellState State =>
        Cells.Any(cell => cell.State == CellState.Differs) ? CellState.Differs
        : Cells.Any(cell => cell.State == CellState.Inconclusive) ? CellState.Inconclusive
        : Cells.All(cell => cell.State == CellState.NotApplicable) ? CellState.NotApplicable
        : CellState.AsExpected;
}
