using Handoff.Reports.Text;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Mappings;

namespace Handoff.Reports.Trace;

/// <summary>The tables that follow the first screen.</summary>
internal static class TraceTables
{
    /// <summary>How long mappings live.</summary>
    public static void Lives(TraceReport report, Ink ink, int width, int top)
    {
        var devices = report.Devices.Where(static d => d.Maps > 0).ToList();
        if (devices.Count == 0)
            return;
        ink.WriteLine();
        bool syncs = devices.Exists(static d => d.SyncsForCpu + d.SyncsForDevice > 0);
        var table = new TextTable(["lives", "half of them", "99 %", "longest", "live at the end", .. syncs ? (Cell[])["syncs"] : []]);
        foreach (DeviceStatistics device in devices.Take(top))
        {
            table.Add(
            [
                report.Label(device.Name),
                Life(report, device, 0.5),
                Life(report, device, 0.99),
                Life(report, device, 1),
                AtEnd(report, Words.Number(device.Live.Current)),
                .. syncs ? (Cell[])[device.SyncsForCpu + device.SyncsForDevice == 0 ? "" : Words.Number(device.SyncsForCpu + device.SyncsForDevice)] : [],
            ]);
        }

        table.Write(ink, width);
        More(ink, devices.Count, top);
    }

    /// <summary>How large buffers are, and which way data goes.</summary>
    public static void Sizes(TraceReport report, Ink ink, int width, int top)
    {
        var devices = report.Devices.Where(static d => d.Maps > 0).ToList();
        if (devices.Count == 0)
            return;
        ink.WriteLine();
        var table = new TextTable("sizes", "half of them", "99 %", "largest", "to device", "from device", "both ways") { LeavesOutEmptyColumns = true };
        foreach (DeviceStatistics device in devices.Take(top))
        {
            table.Add(
                report.Label(device.Name),
                Size(device, 0.5),
                Size(device, 0.99),
                Words.Bytes(device.Sizes.Maximum),
                Share(device, DmaDirection.ToDevice),
                Share(device, DmaDirection.FromDevice),
                Share(device, DmaDirection.Bidirectional));
        }

        table.Write(ink, width);
        More(ink, devices.Count, top);
    }

    /// <summary>Bounces by device, reason and size class.</summary>
    public static void Bounces(TraceReport report, Ink ink, int width, int top)
    {
        var rows = new List<(DeviceStatistics Device, BouncePredicate Predicate)>();
        foreach (DeviceStatistics device in report.Devices)
        {
            foreach (BouncePredicate predicate in Enum.GetValues<BouncePredicate>())
            {
                if (device.Bounces(predicate) > 0)
                    rows.Add((device, predicate));
            }
        }

        if (rows.Count == 0)
            return;
        rows.Sort(static (a, b) => b.Device.BounceBytes(b.Predicate).CompareTo(a.Device.BounceBytes(a.Predicate)));
        ink.WriteLine();
        int[] classes = [.. Enumerable.Range(0, SizeClass.Count).Where(sizes => rows.Exists(row => row.Device.Bounces(row.Predicate, sizes) > 0))];
        var table = new TextTable(["bounced by", "why", .. classes.Select(static sizes => new Cell(SizeClass.Name(sizes))), "bytes"]);
        foreach ((DeviceStatistics device, BouncePredicate predicate) in rows.Take(top))
        {
            table.Add(
            [
                report.Label(device.Name),
                predicate.Word(),
                .. classes.Select(sizes => new Cell(device.Bounces(predicate, sizes) is > 0 and long count ? Words.Number(count) : "")),
                Words.Bytes(device.BounceBytes(predicate)),
            ]);
        }

        table.Write(ink, width);
        More(ink, rows.Count, top);
    }

    /// <summary>Who held slots when.</summary>
    public static void PoolShares(TraceReport report, Ink ink, int width, int top)
    {
        const int bars = 32;
        var devices = report.Devices.Where(static d => d.Slots.Peak > 0).OrderByDescending(static d => d.Slots.Peak).ToList();
        if (devices.Count == 0)
            return;
        int parts = report.Analysis.Statistics.Clock.Count;
        ink.WriteLine();
        var table = new TextTable("slots of", "most", "at the end", "over time");
        foreach (DeviceStatistics device in devices.Take(top))
        {
            double[] slots = Sparkline.Highest(bars, parts, part => device.Slots.HighestIn(part));
            table.Add(report.Label(device.Name), Words.Number(device.Slots.Peak), AtEnd(report, Words.Number(device.Slots.Current)), Sparkline.Draw(slots).TrimEnd());
        }

        table.Write(ink, width);
        More(ink, devices.Count, top);
    }

    /// <summary>Memory that was allocated for devices.</summary>
    public static void Memory(TraceReport report, Ink ink, int width, int top)
    {
        var devices = report.Devices.Where(static d => d.Allocations + d.FailedAllocations + d.ResourceMaps > 0).OrderByDescending(static d => d.AllocatedBytesPeak).ToList();
        if (devices.Count == 0)
            return;
        ink.WriteLine();
        bool failed = devices.Exists(static d => d.FailedAllocations > 0), registers = devices.Exists(static d => d.ResourceMaps > 0);
        var table = new TextTable(["memory of", "allocations", "most at a time", "at the end", .. failed ? (Cell[])["failed"] : [], .. registers ? (Cell[])["registers"] : []]);
        foreach (DeviceStatistics device in devices.Take(top))
        {
            table.Add(
            [
                report.Label(device.Name),
                Words.Number(device.Allocations),
                Words.Bytes(device.AllocatedBytesPeak),
                AtEnd(report, Words.Bytes(device.AllocatedBytes)),
                .. failed ? (Cell[])[device.FailedAllocations == 0 ? "" : new Cell(Words.Number(device.FailedAllocations), Tone.Bad)] : [],
                .. registers ? (Cell[])[device.ResourceMaps == 0 ? "" : Words.Number(device.ResourceMaps)] : [],
            ]);
        }

        table.Write(ink, width);
        More(ink, devices.Count, top);
    }

    /// <summary>Says how many rows are not shown.</summary>
    public static void More(Ink ink, int count, int top)
    {
        if (count > top)
            ink.WriteLine($"… and {Words.Number(count - top)} more (--top {count})", Tone.Muted);
    }

    /// <summary>A level at the end, which is not known where the events of some processor are missing by then.</summary>
    private static string AtEnd(TraceReport report, string level) => report.Analysis.PartialFrom is null ? level : "?";

    private static string Size(DeviceStatistics device, double part)
    {
        ulong size = device.Sizes.Quantile(part);
        return UpTo(Words.Bytes(size), size, device.Sizes.Maximum);
    }

    private static string Life(TraceReport report, DeviceStatistics device, double part)
    {
        if (device.Lifetimes.Count == 0)
            return "";
        ulong time = part >= 1 ? device.Lifetimes.Maximum : device.Lifetimes.Quantile(part);
        string text = report.HasTime ? Words.Time(time) : Words.Number((long)Math.Min(time, long.MaxValue));
        return UpTo(text, time, device.Lifetimes.Maximum);
    }

    /// <summary>Quantiles are exact to a power of two only.</summary>
    private static string UpTo(string text, ulong value, ulong maximum) => value < maximum ? "≤ " + text : text;

    private static string Share(DeviceStatistics device, DmaDirection direction) =>
        device.Directions[(int)direction] == 0 ? "" : Words.Percent(device.DirectionBytes[(int)direction], device.Bytes);
}
