using System.Globalization;
using Handoff.Litmus.Language;

namespace Handoff.Reports.Check;

/// <summary>The verdict blocks of herd7, one per test and kernel, for tools that read those.</summary>
/// <remarks>
/// The proposition is "some verdict other than ok", forbidden as in <c>~exists</c>. States are the verdicts that occur; positive and negative count
/// the machines on which harm can, and need not, happen.
/// </remarks>
public static class HerdWriter
{
    /// <summary>Writes all blocks.</summary>
    public static void Write(CheckReport report, TextWriter writer)
    {
        foreach (var test in report.Tests)
        {
            foreach (var cell in test.Cells.Where(cell => cell.State != CellState.NotApplicable))
                Write(writer, $"{test.Name}@{cell.Kernel.Name}", cell);
        }
    }

    private static void Write(TextWriter writer, string name, CheckedCell cell)
    {
        var variants = cell.Result.Variants;
        var states = new SortedSet<Verdict>(cell.Result.Verdicts.Select(verdict => verdict.Verdict));
        int positive = variants.Count(variant => variant.Verdicts.Count > 0);
        int negative = variants.Count(variant => variant.FrequencyOf(Verdict.Ok) != Frequency.Never);
        if (negative > 0)
            states.Add(Verdict.Ok);
        string frequency = positive == 0 ? "Never" : negative == 0 ? "Always" : "Sometimes";

        writer.Write($"Test {name} Forbidden\n");
        writer.Write($"States {states.Count}\n");
        foreach (var verdict in states)
            writer.Write($"verdict={VerdictText.Name(verdict)};\n");
        writer.Write(positive == 0 ? cell.Result.Conclusive ? "Ok\n" : "Undef\n" : "No\n");
        writer.Write("Witnesses\n");
        writer.Write($"Positive: {positive} Negative: {negative}\n");
        writer.Write("Condition ~exists (not (verdict=ok))\n");
        writer.Write($"Observation {name} {frequency} {positive} {negative}\n");
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"Time {name} {cell.Result.Elapsed.TotalSeconds:F2}\n\n"));
    }
}
