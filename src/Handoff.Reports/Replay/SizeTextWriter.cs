using System.Globalization;
using Handoff.Reports.Text;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Sizing;

namespace Handoff.Reports.Replay;

/// <summary>The answer as text: which size, why, and the curve behind it.</summary>
public static class SizeTextWriter
{
    private const int PointsBeyond = 1; // sizes of the curve shown after the recommended one

    /// <summary>Writes the answer.</summary>
    /// <param name="result">The answer.</param>
    /// <param name="elapsed">How long the search took.</param>
    /// <param name="ink">Where to.</param>
    /// <param name="width">Columns of the terminal.</param>
    public static void Write(SizeResult result, TimeSpan elapsed, Ink ink, int width)
    {
        ReplayText.WriteHeading(result.Load, result.Recorded, ink, width);
        WriteAnswer(result, ink, width);
        WriteRegions(result, ink);
        WriteUnhelped(result, ink, width);
        List<ReplayOutcome> curve = [.. Shown(result)];
        if (curve.Count > 0 && !result.NothingBounces)
        {
            ink.WriteLine();
            OutcomeTable.Write(curve, ink, width);
            if (curve.Exists(o => o.Failures != curve[0].Failures))
            {
                ink.WriteLine();
                ink.WriteLine("failures by pool size", Tone.Strong);
                BarChart.Write(ink, width, [.. curve.Select(static o => (ReplayText.Pool(o), (double)o.Failures, ReplayText.Number(o.Failures), o.Failures == 0 ? Tone.Good : Tone.Bad))]);
            }
        }

        ReplayText.WriteNotes(result.Load, ink, width);
        ink.WriteLine();
        ink.WriteLine($"{Quantity.Of(result.Curve.Length + result.AreaCurve.Length + 1, "replay")} of {Quantity.Of(result.Recorded.Operations, "operation")} · {Quantity.Of(elapsed)}"
            + (result.Interrupted ? " · interrupted: the answer is incomplete" : ""));
    }

    private static IEnumerable<ReplayOutcome> Shown(SizeResult result)
    {
        if ((result.WithHeadroom ?? result.Smallest) is not { } last)
            return result.Curve;
        return result.Curve.TakeWhile(o => o.PoolSlots <= last.PoolSlots).Concat(result.Curve.SkipWhile(o => o.PoolSlots <= last.PoolSlots).Take(PointsBeyond));
    }

    private static void WriteAnswer(SizeResult result, Ink ink, int width)
    {
        if (result.NothingBounces && result.Recorded.RestrictedHighWater.IsEmpty)
        {
            if (result.Unhelped.IsEmpty)
                ink.WriteLine("No pool is needed: nothing of this load bounces.", Tone.Good);
            else
                ReplayText.Paragraph(ink, width, "Nothing of this load ever gets a place in a pool, and what fails is no matter of its size.", Tone.Bad);
            return;
        }

        if (result.Smallest is not { } smallest)
        {
            if (result.Curve is [{ PoolSlots: 0 }])
                ReplayText.Paragraph(ink, width, $"{result.Curve[0].Kernel.Name} makes no pool on this machine, whatever size is asked for.", Tone.Bad);
            else if (!result.Curve.IsEmpty)
                ReplayText.Paragraph(ink, width, $"No size up to {ReplayText.Pool(result.Curve[^1])} serves this load.", Tone.Bad);
            return;
        }

        var rows = new List<(string Name, Cell Size, string Parameter, string Remark)>
        {
            ("smallest without failure", Size(smallest), smallest.Parameter, $"{ByteSize.Of(smallest.HighWaterBytes)} at its fullest"),
        };
        if (result.WithHeadroom is { } roomy)
            rows.Add(($"with {result.Options.Headroom * 100:0.#} % to spare", Size(roomy), roomy.Parameter, $"{ReplayText.Percent(1 - ((double)roomy.HighWaterSlots / roomy.PoolSlots))} stays free"));
        if (result.Knee is { } knee)
            rows.Add(("knee of the curve", Size(knee), "", knee.FailuresBySize == 0 ? "" : Quantity.Of(knee.FailuresBySize, "failure")));
        if (result.Areas is { } areas)
            rows.Add(("areas", new Cell(areas.Areas.ToString(CultureInfo.InvariantCulture), Tone.Strong), "", $"busiest {ReplayText.Percent(areas.BusiestShare)}"));
        var table = new TextTable("", "", "", ""); // no headings
        foreach (var row in rows)
            table.Add(row.Name, row.Size, row.Parameter.Length > 0 ? $"swiotlb={row.Parameter}" : "", new Cell(row.Remark, Tone.Muted));
        table.Write(ink, width);
    }

    private static Cell Size(ReplayOutcome outcome) => new(ReplayText.Pool(outcome), Tone.Strong);

    private static void WriteRegions(SizeResult result, Ink ink)
    {
        foreach (RegionSize region in result.Regions)
        {
            ink.WriteLine();
            ink.Write(region.Name, Tone.Strong).Write($": {ByteSize.Of(region.HighWaterBytes)} of {ByteSize.Of(region.Bytes)} used at most, {Quantity.Of(region.Failures, "failure")}; ");
            ink.WriteLine(region.SmallestBytes == 0 ? "no size serves its load" : $"{ByteSize.Of(region.SmallestBytes)} would do");
        }
    }

    private static void WriteUnhelped(SizeResult result, Ink ink, int width)
    {
        if (result.Unhelped.IsEmpty)
            return;
        ink.WriteLine();
        ink.WriteLine("no size helps against", Tone.Strong);
        foreach (ReplayFailure failure in result.Unhelped)
        {
            ReplayText.Paragraph(ink, width, ReplayText.Describe(failure), Tone.Bad, "  ");
            ReplayText.Paragraph(ink, width, ReplayText.Cure(failure), Tone.Plain, "    ");
        }
    }
}
