using System.Globalization;
using Handoff.Reports.Text;
using Handoff.Tracing.Findings;

namespace Handoff.Reports.Trace.Diff;

/// <summary>The comparison as text.</summary>
public static class TraceDiffTextWriter
{
    /// <summary>Rows of a table unless more are asked for.</summary>
    private const int UsualRows = 20;

    /// <summary>Writes it.</summary>
    public static void Write(TraceDiff diff, Ink ink, int width)
    {
        ink.Write(diff.Before.Name, Tone.Strong).Write(" → ").WriteLine(diff.After.Name, Tone.Strong);
        if (diff.IsSame)
        {
            ink.WriteLine("no difference beyond what two recordings of one load show", Tone.Good);
            return;
        }

        Findings(diff, ink, width);
        Machine(diff, ink, width);
        Load(diff, ink, width);
        Devices(diff, ink, width);
    }

    /// <summary>A number as people read it.</summary>
    internal static string Text(double value, DiffUnit unit) => unit switch
    {
        DiffUnit.Bytes => Words.Bytes(value),
        DiffUnit.BytesPerSecond => Words.Bytes(value) + "/s",
        DiffUnit.PerSecond => value >= 100 ? Words.Number((long)value) : value.ToString("0.#", CultureInfo.InvariantCulture),
        DiffUnit.Share => Words.Percent(value, 1),
        DiffUnit.Nanoseconds => Words.Time((ulong)value),
        _ => Words.Number((long)value),
    };

    /// <summary>How much it changed: <c>+12 %</c>, <c>×3.4</c>, <c>new</c>, <c>gone</c>; nothing if it did not.</summary>
    internal static string Change(DiffFigure figure)
    {
        if (!figure.Differs)
            return "";
        if (figure.Unit == DiffUnit.Share)
            return ((figure.After - figure.Before) * 100).ToString("+0.#;−0.#", CultureInfo.InvariantCulture) + " points";
        if (figure.Before == 0)
            return "new";
        if (figure.After == 0)
            return "gone";
        double ratio = figure.After / figure.Before;
        return ratio is > 0.5 and < 2 ? ((ratio - 1) * 100).ToString("+0;−0", CultureInfo.InvariantCulture) + " %"
            : ratio >= 2 ? "×" + ratio.ToString("0.#", CultureInfo.InvariantCulture)
            : "÷" + (1 / ratio).ToString("0.#", CultureInfo.InvariantCulture);
    }

    private static Tone ToneOf(DiffFigure figure) => !figure.Differs || !figure.MoreIsWorse ? Tone.Plain : figure.After > figure.Before ? Tone.Bad : Tone.Good;

    private static void Findings(TraceDiff diff, Ink ink, int width)
    {
        var changed = diff.Findings.Where(static finding => finding.Before is null || finding.After is null).ToList();
        if (changed.Count == 0)
            return;
        ink.WriteLine();
        foreach (var finding in changed.OrderBy(static finding => finding.After is null))
        {
            bool isNew = finding.Before is null;
            string sign = isNew ? "new   " : "gone  ";
            var tone = !isNew ? Tone.Good : finding.Finding.IsWrong ? Tone.Bad : Tone.Warning;
            string indent = sign;
            foreach (string line in TextWidth.Wrap(finding.Finding.Title, Math.Max(20, width - sign.Length)))
            {
                ink.Write(indent, tone).WriteLine(line);
                indent = new string(' ', sign.Length);
            }
        }
    }

    private static void Machine(TraceDiff diff, Ink ink, int width)
    {
        ink.WriteLine();
        if (diff.Machine.Count == 0)
        {
            ink.WriteLine("the machines are the same, as far as the recordings tell", Tone.Muted);
            return;
        }

        ink.WriteLine("machine", Tone.Strong);
        NameList.Write(ink, width, [.. diff.Machine.Select(static fact => (fact.Label, $"{Known(fact.Before)} → {Known(fact.After)}"))]);
    }

    private static string Known(string text) => text.Length > 0 ? text : "–";

    private static void Load(TraceDiff diff, Ink ink, int width)
    {
        ink.WriteLine();
        var table = new TextTable("load", "before", "after", "change");
        foreach (var figure in diff.Load.Where(static figure => !figure.IsNothing))
            table.Add(figure.Label, Text(figure.Before, figure.Unit), Text(figure.After, figure.Unit), new Cell(Change(figure), ToneOf(figure)));
        table.Write(ink, width);
    }

    private static void Devices(TraceDiff diff, Ink ink, int width)
    {
        if (diff.Devices.Count == 0)
            return;
        ink.WriteLine();
        var table = new TextTable("device", "maps", "bytes", "bounced", "failed", "live most") { LeavesOutEmptyColumns = true };
        foreach (var device in diff.Devices.Take(UsualRows))
        {
            if (device.Figures.Count == 0)
            {
                var there = device.Before ?? device.After!;
                bool isNew = device.Before is null;
                string sign = isNew ? "– → " : "", end = isNew ? "" : " → –";
                table.Add(
                    new Cell(device.Name, isNew ? Tone.Warning : Tone.Muted),
                    $"{sign}{Words.Number(there.Maps)}{end}",
                    $"{sign}{Words.Bytes(there.Bytes)}{end}",
                    $"{sign}{Words.Percent(there.Bounced, there.SingleMaps + there.ListSegments)}{end}");
                continue;
            }

            Cell Both(string id)
            {
                var figure = device.Figures.First(figure => figure.Id == id);
                if (figure.IsNothing)
                    return "";
                string before = Text(figure.Before, figure.Unit), after = Text(figure.After, figure.Unit);
                return new Cell(before == after ? after : $"{before} → {after}", before == after ? Tone.Muted : ToneOf(figure));
            }

            table.Add(device.Name, Both("maps"), Both("bytes"), Both("bouncedShare"), Both("failed"), Both("liveMost"));
        }

        table.Write(ink, width);
        if (diff.Devices.Count > UsualRows)
            ink.WriteLine($"… and {Quantity.Of(diff.Devices.Count - UsualRows, "more device")} (--json has all)", Tone.Muted);
    }
}
