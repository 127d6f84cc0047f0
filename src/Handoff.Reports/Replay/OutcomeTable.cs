using System.Globalization;
using Handoff.Reports.Text;
using Handoff.Tracing.Replay;

namespace Handoff.Reports.Replay;

/// <summary>Outcomes as a table; columns that say the same in every row are left out.</summary>
internal static class OutcomeTable
{
    /// <summary>Writes one row an outcome.</summary>
    public static void Write(IReadOnlyList<ReplayOutcome> outcomes, Ink ink, int width, ReplayOutcome? recorded = null)
    {
        List<ReplayOutcome> all = recorded is null ? [.. outcomes] : [recorded, .. outcomes];
        var columns = new List<(string Heading, List<Cell> Cells)>();
        void Add(string heading, Func<ReplayOutcome, Cell> cell, bool always = true)
        {
            List<Cell> cells = [.. all.Select(cell)];
            if (always || cells.Distinct().Skip(1).Any())
                columns.Add((heading, Right(heading, cells)));
        }

        Add("kernel", static o => o.Kernel.ShortName, always: false);
        Add("bounce", static o => o.Forced ? "all" : o.PoolSlots == 0 ? "none" : "needed", always: false);
        Add("masks", static o => string.Join(' ', o.Configuration.Masks.Select(static m => $"{m.Key}={64 - System.Numerics.BitOperations.LeadingZeroCount(m.Value)}")), always: false);
        Add("areas", static o => o.PoolSlots == 0 ? "" : o.Areas.ToString(CultureInfo.InvariantCulture), always: false);
        Add("failures", static o => new Cell(ReplayText.Number(o.Failures), o.Failures == 0 ? Tone.Good : Tone.Bad));
        Add("high water", static o => o.PoolSlots == 0 ? "" : ByteSize.Of(o.HighWaterBytes));
        Add("copied", static o => ByteSize.Of(o.CopiedBytes));
        Add("steps", static o => o.Searches == 0 ? "" : o.StepsPerSearch.ToString("F1", CultureInfo.InvariantCulture));
        Add("busiest", static o => o.Searches == 0 ? "" : ReplayText.Percent(o.BusiestShare));
        Add("pools made", static o => o.PoolsMade.ToString(CultureInfo.InvariantCulture), always: false);
        Add("first failure", static o => o.FirstFailure is { } first ? ReplayText.Moment(first) : "", always: all.Exists(static o => o.Failures > 0));

        var table = new TextTable([new Cell("pool"), .. columns.Select(static c => new Cell(c.Heading.PadLeft(c.Cells.Max(static cell => cell.Width))))]);
        for (int row = 0; row < all.Count; row++)
        {
            bool isRecorded = recorded is not null && row == 0;
            table.Add([isRecorded ? new Cell("recorded", Tone.Strong) : ReplayText.Pool(all[row]), .. columns.Select(c => c.Cells[row])]);
        }

        table.Write(ink, width);
    }

    private static List<Cell> Right(string heading, List<Cell> cells)
    {
        int width = Math.Max(TextWidth.Of(heading), cells.Max(static cell => cell.Width));
        return [.. cells.Select(cell => cell.Text.Length == 0 ? cell : cell with { Text = new string(' ', width - cell.Width) + cell.Text })];
    }
}
