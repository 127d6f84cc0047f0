using Handoff.Reports.Text;
using Handoff.Tracing.Replay;

namespace Handoff.Reports.Replay;

/// <summary>The report as text: table, curves, what still fails, and what to know about the figures.</summary>
public static class ReplayTextWriter
{
    private const int FewestPoints = 3; // fewer are read in the table as easily

    /// <summary>Writes the report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="ink">Where to.</param>
    /// <param name="width">Columns of the terminal.</param>
    public static void Write(ReplayReport report, Ink ink, int width)
    {
        ReplayText.WriteHeading(report.Load, report.Recorded, ink, width);
        OutcomeTable.Write(report.Outcomes, ink, width, report.Recorded);
        foreach (var series in report.Outcomes.GroupBy(static o => (o.Kernel.Name, Areas: o.Configuration.Areas, o.Configuration.Bounce)))
            WriteCurve(series.Key.Name, series.Key.Areas, [.. series], ink, width);
        WriteRemaining(report.Outcomes.Count > 0 ? report.Outcomes : [report.Recorded], ink, width);
        ReplayText.WriteNotes(report.Load, ink, width);
        ink.WriteLine();
        long operations = report.Recorded.Operations + report.Outcomes.Sum(static o => o.Operations);
        ink.WriteLine($"{Quantity.Of(report.Outcomes.Count + 1, "replay")} of {Quantity.Of(report.Recorded.Operations, "operation")} · {Quantity.Of(report.Elapsed)}"
            + (report.Interrupted ? $" · interrupted after {Quantity.Of(operations, "operation")}" : ""));
    }

    private static void WriteCurve(string kernel, int? areas, List<ReplayOutcome> series, Ink ink, int width)
    {
        List<ReplayOutcome> sizes = [.. series.DistinctBy(static o => o.PoolSlots).OrderBy(static o => o.PoolSlots)];
        if (sizes.Count < FewestPoints || sizes.TrueForAll(o => o.Failures == sizes[0].Failures))
            return;
        ink.WriteLine();
        ink.WriteLine($"failures by pool size, {kernel}{(areas is { } count ? $", {Quantity.Of(count, "area")}" : "")}", Tone.Strong);
        BarChart.Write(ink, width, [.. sizes.Select(static o => (ReplayText.Pool(o), (double)o.Failures, ReplayText.Number(o.Failures), o.Failures == 0 ? Tone.Good : Tone.Bad))]);
    }

    /// <summary>The causes of failures that no row avoids: those of the row with the fewest.</summary>
    private static void WriteRemaining(IReadOnlyList<ReplayOutcome> outcomes, Ink ink, int width)
    {
        ReplayOutcome best = outcomes.MinBy(static o => o.Failures)!;
        if (best.Failures == 0)
            return;
        ink.WriteLine();
        ink.WriteLine(outcomes.Count == 1 ? "failures" : $"failures that remain with {ReplayText.Pool(best)}", Tone.Strong);
        foreach (ReplayFailure failure in best.FailuresByCause)
        {
            ReplayText.Paragraph(ink, width, ReplayText.Describe(failure), Tone.Bad, "  ");
            ReplayText.Paragraph(ink, width, ReplayText.Cure(failure), Tone.Plain, "    ");
        }
    }
}
