using Handoff.Reports.Text;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Mappings;

namespace Handoff.Reports.Trace;

/// <summary>The report as text: the first screen says what is wrong, why and what to do; tables follow.</summary>
public static class TraceTextWriter
{
    /// <summary>Findings and table rows shown unless asked for more.</summary>
    public const int UsualRows = 10;

    private const ulong SlotSize = BouncePool.SlotSize;
    private const int MostBars = 48;

    /// <summary>Writes the report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="ink">Where to.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="top">Most findings, and most rows of a table.</param>
    public static void Write(TraceReport report, Ink ink, int width, int top = UsualRows)
    {
        Heading(report, ink, width);
        Findings(report, ink, width, top);
        Series(report, ink, width);
        Devices(report, ink, width, top);
        TraceTables.Lives(report, ink, width, top);
        TraceTables.Sizes(report, ink, width, top);
        TraceTables.Bounces(report, ink, width, top);
        TraceTables.PoolShares(report, ink, width, top);
        TraceTables.Memory(report, ink, width, top);
        ink.WriteLine();
        var totals = new List<string> { Quantity.Of(report.Analysis.Events, "event"), Quantity.Of(report.Elapsed) };
        if (report.Baseline is { Compared: > 0 } baseline)
            totals.Add($"replay of the recorded machine agrees on {Words.Percent(baseline.SameOutcome, baseline.Compared)} of its {Words.Count(baseline.Compared, "attempt")}");
        foreach (string line in Joined(totals, width))
            ink.WriteLine(line, Tone.Muted);
    }

    private static void Heading(TraceReport report, Ink ink, int width)
    {
        TraceAnalysis analysis = report.Analysis;
        var parts = new List<string> { report.Name };
        if (report.KernelRelease.Length > 0)
            parts.Add($"linux {report.KernelRelease}");
        if (report.Architecture.Length > 0)
            parts.Add(report.Architecture);
        parts.Add(report.HasTime ? Words.Time(analysis.End - analysis.Start) : $"{Words.Number((long)(analysis.End - analysis.Start))} ticks");
        parts.Add(Quantity.Of(analysis.Events, "event"));
        parts.Add(Quantity.Of(analysis.Statistics.Devices.Count(static d => d.HasLoad), "device"));
        parts.AddRange(report.Pools.Where(static p => p.Range is not null).Select(pool => PoolText(report, pool)));
        if (!report.Pools.Any(static p => p.Range is not null) && analysis.Facts is { Files.IsEmpty: false } facts)
        {
            if (facts.HasNoPool)
                parts.Add("no bounce pool");
            else if (facts.SwiotlbCounters.GetValueOrDefault("io_tlb_nslabs") is > 0 and var slots)
                parts.Add($"pool {Words.Bytes((double)slots * BouncePool.SlotSize)}, its place not known");
        }

        if (report.Format != "unknown")
            parts.Add(report.Format);
        foreach (string line in Joined(parts, width))
            ink.WriteLine(line, Tone.Strong);
    }

    /// <summary>Joins phrases with dots; lines end between phrases.</summary>
    private static IEnumerable<string> Joined(IEnumerable<string> phrases, int width)
    {
        const string dot = " · ";
        string line = "";
        foreach (string phrase in phrases)
        {
            if (line.Length > 0 && TextWidth.Of(line) + dot.Length + TextWidth.Of(phrase) > width)
            {
                yield return line;
                line = "";
            }

            line += line.Length > 0 ? dot + phrase : phrase;
        }

        if (line.Length > 0)
            yield return line;
    }

    private static string PoolText(TraceReport report, BouncePool pool)
    {
        string origin = pool.IsRestricted ? $"restricted, {pool.Name}" : report.PoolOrigin;
        return $"pool {Words.Bytes((double)pool.Slots * SlotSize)} ({Words.Count(pool.Slots, "slot")}{(pool.Areas > 0 ? $", {Words.Count(pool.Areas, "area")}" : "")}{(origin.Length > 0 ? $"; {origin}" : "")})";
    }

    private static void Findings(TraceReport report, Ink ink, int width, int top)
    {
        foreach (TraceFinding finding in report.Findings.Take(top))
        {
            ink.WriteLine();
            FindingTextWriter.Write(finding, ink, width);
        }

        if (report.Findings.Count > top)
            ink.WriteLine().WriteLine($"… and {Quantity.Of(report.Findings.Count - top, "more finding")} (--top {report.Findings.Count})", Tone.Muted);
        if (report.Assurances.Count == 0)
            return;
        ink.WriteLine();
        bool first = true;
        foreach (string line in Joined(report.Assurances, width - 2))
        {
            ink.Write(first ? "✓ " : "  ", Tone.Good).WriteLine(line);
            first = false;
        }
    }

    private static void Series(TraceReport report, Ink ink, int width)
    {
        MappingStatistics statistics = report.Analysis.Statistics;
        int parts = statistics.Clock.Count;
        if (parts == 0)
            return;
        int columns = Math.Min(MostBars, Math.Max(8, width - 32));
        ink.WriteLine();
        foreach (BouncePool pool in report.Pools.Where(static p => p.Used.Peak > 0))
        {
            double[] used = Sparkline.Highest(columns, parts, part => pool.Used.HighestIn(part));
            string of = pool.Slots > 0 ? $"{Words.Number(pool.Used.Peak)} of {Words.Count(pool.Slots, "slot")}" : Words.Count(pool.Used.Peak, "slot");
            string name = pool.Name.Length == 0 ? "" : $"{pool.Name}: "; // beside the bar's label it would move the bar out of line
            Row(ink, width, "pool", Sparkline.Draw(used, pool.Slots), $"{name}high water {of}{At(report, pool.Used.PeakTime)}");
        }

        double seconds = report.HasTime ? statistics.Clock.Width / 1e9 : 0;
        double[] rates = Sparkline.Highest(columns, parts, part => statistics.MapRate.In(part));
        double highest = rates.Length == 0 ? 0 : rates.Max();
        Row(ink, width, "maps", Sparkline.Draw(rates), seconds > 0 ? $"up to {Quantity.Short(highest / seconds)}/s" : "");
        if (statistics.Devices.Any(static d => d.FailedMaps + d.FailedLists + d.FailedAllocations > 0))
        {
            double[] failures = Sparkline.Highest(columns, parts, part => statistics.FailureRate.In(part));
            Row(ink, width, "fails", Sparkline.Draw(failures), Words.Number(statistics.Devices.Sum(static d => d.FailedMaps + d.FailedLists + d.FailedAllocations)));
        }
    }

    private static string At(TraceReport report, ulong time) => report.HasTime ? $" at {Words.Time(time - Math.Min(time, report.Analysis.Start))}" : "";

    private static void Row(Ink ink, int width, string name, string bars, string text)
    {
        const int names = 6;
        ink.Write(TextWidth.Fit(name, width / 2).PadRight(names)).Write(bars, Tone.Plain);
        int used = Math.Max(names, TextWidth.Of(name)) + bars.Length;
        if (used + 2 + TextWidth.Of(text) > width)
            ink.WriteLine().Write(new string(' ', names)).WriteLine(text, Tone.Muted);
        else
            ink.Write("  ").WriteLine(text, Tone.Muted);
    }

    private static void Devices(TraceReport report, Ink ink, int width, int top)
    {
        if (report.Devices.Count == 0)
        {
            ink.WriteLine().WriteLine(report.Analysis.Events == 0 ? "The recording holds no event." : "The recording holds no mapping of any device.");
            return;
        }

        ink.WriteLine();
        bool anyFailed = report.Devices.Any(static d => d.FailedMaps + d.FailedLists + d.FailedAllocations > 0);
        var table = new TextTable(["device", "maps", "bytes", "bounced", "copied", "live max", .. anyFailed ? (Cell[])["failed"] : []]);
        foreach (DeviceStatistics device in report.Devices.Take(top))
        {
            long failed = device.FailedMaps + device.FailedLists + device.FailedAllocations;
            table.Add(
            [
                report.Label(device.Name),
                Words.Number(device.Maps),
                Words.Bytes(device.Bytes),
                device.Bounced == 0 ? "" : Words.Percent(device.BouncedBytes, device.Bytes),
                device.CopiedIn + device.CopiedOut == 0 ? "" : Words.Bytes((double)device.CopiedIn + device.CopiedOut),
                Words.Number(device.Live.Peak),
                .. anyFailed ? (Cell[])[failed == 0 ? "" : new Cell(Words.Number(failed), Tone.Bad)] : [],
            ]);
        }

        table.Write(ink, width);
        TraceTables.More(ink, report.Devices.Count, top);
    }
}
