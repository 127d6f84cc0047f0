using Handoff.Litmus.Exploration;
using Handoff.Reports.Text;

namespace Handoff.Reports.Check;

/// <summary>The report as a table: tests × kernels, a word a cell.</summary>
public static class CheckTextWriter
{
    private const int MostMismatches = 20; // enough to start with; the table shows them all

    /// <summary>Writes the report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="ink">Where to.</param>
    /// <param name="width">Columns of the terminal.</param>
    public static void Write(CheckReport report, Ink ink, int width)
    {
        var table = new TextTable([new Cell(""), .. report.Kernels.Select(kernel => new Cell(kernel.ShortName, Tone.Strong))]);
        foreach (var test in report.Tests)
            table.Add([new Cell(test.Name), .. test.Cells.Select(cell => new Cell(cell.Word, cell.Tone))]);
        table.Write(ink, width);

        WriteMismatches(report, ink, width);
        WriteUnknown(report, ink, width);
        ink.WriteLine();
        foreach (string line in TextWidth.Wrap(Totals(report), width))
            ink.WriteLine(line);
    }

    /// <summary><c>5 tests × 3 kernels: 15 as expected · 318 states · 9 ms</c>.</summary>
    public static string Totals(CheckReport report)
    {
        var counts = new List<string>();
        void Add(CellState state, string one, string many)
        {
            int count = report.Count(state);
            if (count > 0)
                counts.Add($"{count:N0} {(count == 1 ? one : many)}");
        }

        Add(CellState.Differs, "differs", "differ");
        Add(CellState.Inconclusive, "inconclusive", "inconclusive");
        Add(CellState.AsExpected, "as expected", "as expected");
        Add(CellState.NotApplicable, "on no such machine", "on no such machine");
        return $"{Quantity.Of(report.Tests.Count, "test")} × {Quantity.Of(report.Kernels.Count, "kernel")}: {string.Join(", ", counts)}"
            + $" · {Quantity.Of(report.States, "state")} · {Quantity.Of(report.Elapsed)}{(report.EndedEarly is { } why ? $" · {why}" : "")}";
    }

    private static void WriteMismatches(CheckReport report, Ink ink, int width)
    {
        int written = 0, all = 0;
        string? command = null; // that explains the first one
        foreach (var test in report.Tests)
        {
            // Kernels that differ in the same way share a line.
            foreach (var group in test.Cells.Where(cell => cell.State == CellState.Differs).GroupBy(cell => string.Join("; ", cell.Mismatches)))
            {
                if (all++ >= MostMismatches)
                    continue;
                if (written++ == 0)
                    ink.WriteLine();
                command ??= ExplainCommand.Of(test, group.First());
                ink.Write("✗ ", Tone.Bad).WriteLine($"{test.Name} on {string.Join(", ", group.Select(cell => cell.Kernel.ShortName))}");
                foreach (string line in TextWidth.Wrap(group.Key, width - 4))
                    ink.Write("    ").WriteLine(line);
            }
        }

        if (all > written)
            ink.WriteLine($"… and {Quantity.Of(all - written, "more difference")}", Tone.Muted);
        if (command is not null)
            ink.WriteLine().WriteLine("To see how:").WriteLine($"  {command}");
    }

    // What ended the whole run is said with the totals; here is what one search ran into.
    private static void WriteUnknown(CheckReport report, Ink ink, int width)
    {
        int written = 0;
        foreach (var test in report.Tests)
        {
            foreach (var group in test.Cells.Where(cell => cell.State == CellState.Inconclusive).GroupBy(cell => cell.EndedBy))
            {
                if (group.Key is ExplorationOutcome.Timeout or ExplorationOutcome.Cancelled || written >= MostMismatches)
                    continue;
                if (written++ == 0)
                    ink.WriteLine();
                ink.Write("? ", Tone.Unknown).WriteLine($"{test.Name} on {string.Join(", ", group.Select(cell => cell.Kernel.ShortName))}");
                foreach (string line in TextWidth.Wrap(SearchText.Reason(group.Key), width - 4))
                    ink.Write("    ").WriteLine(line);
            }
        }
    }
}
