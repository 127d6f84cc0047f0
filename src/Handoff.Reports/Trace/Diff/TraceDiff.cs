using Handoff.Tracing.Findings;
using Handoff.Tracing.Mappings;

namespace Handoff.Reports.Trace.Diff;

/// <summary>What changed from one recording to another: every writer starts from this.</summary>
public sealed class TraceDiff
{
    /// <summary>Compares two reports.</summary>
    public TraceDiff(TraceReport before, TraceReport after)
    {
        Before = before;
        After = after;
        Machine = MachineDiff.Of(before, after);
        Load = LoadOf(before, after);
        Devices = DevicesOf(before, after);
        Findings = FindingsOf(before, after);
    }

    /// <summary>The first recording.</summary>
    public TraceReport Before { get; }

    /// <summary>The second one.</summary>
    public TraceReport After { get; }

    /// <summary>What differs about the machines.</summary>
    public IReadOnlyList<DiffFact> Machine { get; }

    /// <summary>The whole load.</summary>
    public IReadOnlyList<DiffFigure> Load { get; }

    /// <summary>Devices of either recording, those with most traffic first.</summary>
    public IReadOnlyList<DeviceDiff> Devices { get; }

    /// <summary>Findings of either recording.</summary>
    public IReadOnlyList<FindingDiff> Findings { get; }

    /// <summary>Whether nothing differs by more than two recordings of one load do.</summary>
    public bool IsSame => Machine.Count == 0 && !Load.Any(static figure => figure.Differs)
        && Devices.All(static device => device is { Before: not null, After: not null } && !device.Figures.Any(static figure => figure.Differs))
        && Findings.All(static finding => finding is { Before: not null, After: not null });

    private static List<DiffFigure> LoadOf(TraceReport before, TraceReport after)
    {
        var figures = new List<DiffFigure>();
        double Seconds(TraceReport report) => report.HasTime ? (report.Analysis.End - report.Analysis.Start) / 1e9 : 0;
        void Add(string id, string label, Func<TraceReport, double> value, DiffUnit unit, bool moreIsWorse = false) =>
            figures.Add(new DiffFigure(id, label, value(before), value(after), unit, moreIsWorse));
        double Sum(TraceReport report, Func<DeviceStatistics, double> value) => report.Devices.Sum(value);
        double Rate(TraceReport report, double value) => Seconds(report) > 0 ? value / Seconds(report) : 0;

        if (before.HasTime && after.HasTime)
            Add("duration", "duration", report => report.Analysis.End - report.Analysis.Start, DiffUnit.Nanoseconds);
        Add("events", "events", static report => report.Analysis.Events, DiffUnit.Count);
        Add("maps", "maps", report => Sum(report, static device => device.Maps), DiffUnit.Count);
        Add("mapRate", "maps a second", report => Rate(report, Sum(report, static device => device.Maps)), DiffUnit.PerSecond);
        Add("bytes", "bytes mapped", report => Sum(report, static device => device.Bytes), DiffUnit.Bytes);
        Add("byteRate", "bytes a second", report => Rate(report, Sum(report, static device => device.Bytes)), DiffUnit.BytesPerSecond);
        Add("bounced", "bounced buffers", report => Sum(report, static device => device.Bounced), DiffUnit.Count);
        Add("bouncedShare", "share of buffers bounced", report => Share(Sum(report, static device => device.Bounced), Sum(report, Buffers)), DiffUnit.Share, moreIsWorse: true);
        Add("bouncedByteShare", "share of bytes bounced", report => Share(Sum(report, static device => device.BouncedBytes), Sum(report, static device => device.Bytes)), DiffUnit.Share, moreIsWorse: true);
        Add("copied", "bytes copied for bounces", report => Sum(report, static device => device.CopiedIn + device.CopiedOut), DiffUnit.Bytes, moreIsWorse: true);
        Add("failed", "failed maps", report => Sum(report, static device => device.FailedMaps + device.FailedLists), DiffUnit.Count, moreIsWorse: true);
        Add("failedAllocations", "failed allocations", report => Sum(report, static device => device.FailedAllocations), DiffUnit.Count, moreIsWorse: true);
        Add("highWater", "most slots in use", static report => report.Pools.Select(static pool => pool.Used.Peak).DefaultIfEmpty(0).Max(), DiffUnit.Count);
        Add("liveMost", "most bytes mapped at once, by device", report => report.Devices.Select(static device => (double)device.LiveBytesPeak).DefaultIfEmpty(0).Max(), DiffUnit.Bytes);
        Add("allocated", "most bytes allocated at once", report => Sum(report, static device => device.AllocatedBytesPeak), DiffUnit.Bytes);
        if (before.Analysis.PartialFrom is null && after.Analysis.PartialFrom is null) // otherwise it is not known
            Add("liveAtEnd", "mappings live at the end", static report => report.Analysis.LiveAtEnd, DiffUnit.Count);
        Add("lost", "events lost", static report => report.Analysis.Counts.LostInAll, DiffUnit.Count, moreIsWorse: true);
        return figures;
    }

    private static List<DeviceDiff> DevicesOf(TraceReport before, TraceReport after)
    {
        var first = before.Devices.ToDictionary(static device => device.Name);
        var second = after.Devices.ToDictionary(static device => device.Name);
        return
        [
            .. first.Keys.Union(second.Keys)
                .Select(name => (Name: name, Before: first.GetValueOrDefault(name), After: second.GetValueOrDefault(name)))
                .OrderByDescending(static device => Math.Max(device.Before?.Bytes ?? 0, device.After?.Bytes ?? 0)).ThenBy(static device => device.Name, StringComparer.Ordinal)
                .Select(device => new DeviceDiff(
                    device.After is null ? before.Label(device.Name) : after.Label(device.Name),
                    device.Before,
                    device.After,
                    device is { Before: { } left, After: { } right } ? FiguresOf(left, right) : [])),
        ];
    }

    private static DiffFigure[] FiguresOf(DeviceStatistics before, DeviceStatistics after)
    {
        DiffFigure Of(string id, string label, Func<DeviceStatistics, double> value, DiffUnit unit, bool moreIsWorse = false) =>
            new(id, label, value(before), value(after), unit, moreIsWorse);
        return
        [
            Of("maps", "maps", static device => device.Maps, DiffUnit.Count),
            Of("bytes", "bytes", static device => device.Bytes, DiffUnit.Bytes),
            Of("bouncedShare", "bounced", static device => Share(device.Bounced, Buffers(device)), DiffUnit.Share, moreIsWorse: true),
            Of("failed", "failed", static device => device.FailedMaps + device.FailedLists + device.FailedAllocations, DiffUnit.Count, moreIsWorse: true),
            Of("liveMost", "live most", static device => device.LiveBytesPeak, DiffUnit.Bytes),
            Of("largest", "largest", static device => device.Sizes.Maximum, DiffUnit.Bytes),
            Of("mask", "mask bits", static device => device.Mask == 0 ? 0 : 64 - System.Numerics.BitOperations.LeadingZeroCount(device.Mask), DiffUnit.Count),
        ];
    }

    private static List<FindingDiff> FindingsOf(TraceReport before, TraceReport after)
    {
        static string Key(TraceFinding finding) => $"{finding.Id} {string.Join(' ', finding.Devices.Order(StringComparer.Ordinal))}";
        var second = after.Findings.GroupBy(Key).ToDictionary(static group => group.Key, static group => new Queue<TraceFinding>(group));
        var all = new List<FindingDiff>();
        foreach (var finding in before.Findings)
            all.Add(new FindingDiff(finding, second.TryGetValue(Key(finding), out var same) && same.Count > 0 ? same.Dequeue() : null));
        all.AddRange(after.Findings.Where(finding => second[Key(finding)].Contains(finding)).Select(static finding => new FindingDiff(null, finding)));
        return all;
    }

    private static double Buffers(DeviceStatistics device) => device.SingleMaps + device.ListSegments;

    private static double Share(double part, double whole) => whole > 0 ? part / whole : 0;
}
