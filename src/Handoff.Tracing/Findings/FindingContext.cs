using Handoff.Tracing.Bundles;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Findings;

/// <summary>What every builder of findings needs.</summary>
internal sealed class FindingContext
{
    private readonly Dictionary<string, string> _drivers;

    public FindingContext(TraceAnalysis analysis)
    {
        Analysis = analysis;
        Statistics = analysis.Statistics;
        Facts = analysis.Facts is { Files.IsEmpty: false } ? analysis.Facts : null;
        _drivers = (Facts?.PciDevices ?? []).Where(static d => d.Driver.Length > 0 && d.Driver != "-").GroupBy(static d => d.Name).ToDictionary(static g => g.Key, static g => g.First().Driver);
        HasUnmaps = analysis.Counts.Count(DmaEventKind.UnmapPage) + analysis.Counts.Count(DmaEventKind.UnmapSg) > 0;
        HasBounceEvents = analysis.Counts.Count(DmaEventKind.SwiotlbBounced) > 0;
        HasSyncs = analysis.Counts.Count(DmaEventKind.SyncSingleForCpu) + analysis.Counts.Count(DmaEventKind.SyncSgForCpu)
            + analysis.Counts.Count(DmaEventKind.SyncSingleForDevice) + analysis.Counts.Count(DmaEventKind.SyncSgForDevice) > 0;
    }

    public TraceAnalysis Analysis { get; }

    public MappingStatistics Statistics { get; }

    /// <summary>Facts, if there are any.</summary>
    public MachineFacts? Facts { get; }

    /// <summary>Whether any unmap was recorded: without, nothing is known of what is live.</summary>
    public bool HasUnmaps { get; }

    public bool HasBounceEvents { get; }

    public bool HasSyncs { get; }

    /// <summary>
    /// Whether slots may be held that the recording does not show: it has gaps, releases what it did not see mapped, begins long after the boot, or the
    /// kernel counts other slots at its end. Then free slots and runs of them are not known.
    /// </summary>
    public bool SlotsMayBeUnseen
    {
        get
        {
            if (MappingsAreUnseen)
                return true;
            return Facts?.SwiotlbCounters.TryGetValue("io_tlb_used", out ulong used) == true && Math.Abs((long)used - Statistics.Pools.Where(static p => !p.IsRestricted).Sum(static p => p.Used.Current)) > 16;
        }
    }

    /// <summary>Whether there are mappings that the recording does not show: it has gaps, releases what it did not see mapped, or begins long after the boot.</summary>
    public bool MappingsAreUnseen
    {
        get
        {
            const ulong boot = 60_000_000_000; // nanoseconds in which drivers fill their rings
            return Analysis.Gaps > 0 || Analysis.PartialFrom is not null || (Analysis.Header.TimeIsNanoseconds && Analysis.Start > boot)
                || BeganAfterBoot || Statistics.Devices.Any(static d => d.UnknownReleases > 0);
        }
    }

    /// <summary>
    /// Whether the recording is known not to begin at the boot: nothing on the kernel's command line switched its events on. Drivers that were there before hold
    /// slots then.
    /// </summary>
    private bool BeganAfterBoot => Facts is { CommandLine: { Length: > 0 } line }
        && !line.Contains("trace_event", StringComparison.Ordinal) && !line.Contains("bootconfig", StringComparison.Ordinal) && !line.Contains("ftrace", StringComparison.Ordinal);

    /// <summary>The most slots that were ever in use by the kernel's own count; -1 if it is not known.</summary>
    public long CountedMost => Facts?.SwiotlbCounters.TryGetValue("io_tlb_used_hiwater", out ulong most) == true ? (long)most : -1;

    /// <summary>Length of the recording in its units.</summary>
    public ulong Duration => Analysis.End - Analysis.Start;

    /// <summary>The value of <c>swiotlb=</c>; empty if it is not given or not known.</summary>
    public string PoolParameter => Facts?.Parameter("swiotlb") ?? "";

    /// <summary>A device with its driver, if known: <c>nvme 0000:00:02.0</c>.</summary>
    public string Label(string device) => _drivers.TryGetValue(device, out string? driver) ? $"{driver} {device}" : device;

    /// <summary>Time since the first event.</summary>
    public ulong Since(ulong time) => time - Math.Min(Analysis.Start, time);

    /// <summary>A time as the recording's text shows it: <c>2.234413</c>.</summary>
    public string At(ulong time) => Analysis.Header.TimeIsNanoseconds
        ? (time / 1e9).ToString("F6", System.Globalization.CultureInfo.InvariantCulture)
        : time.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Statistics of a device by name; <see langword="null"/> if it has none.</summary>
    public DeviceStatistics? DeviceOf(string name) => Statistics.Devices.FirstOrDefault(d => d.Name == name);

    /// <summary>A pool in words: <c>the bounce pool</c>, <c>the restricted pool NAME</c>.</summary>
    public static string PoolName(BouncePool pool) => pool.IsRestricted ? $"the restricted pool {pool.Name}" : "the bounce pool";

    /// <summary>Its size in words; empty if not known.</summary>
    public static string PoolSize(BouncePool pool) =>
        pool.Slots == 0 ? "" : $"{Words.Bytes((double)pool.Slots * BouncePool.SlotSize)} ({Words.Count(pool.Slots, "slot")}{(pool.Areas > 0 ? $", {Words.Count(pool.Areas, "area")}" : "")})";
}
