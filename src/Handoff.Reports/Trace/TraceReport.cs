using Handoff.Tracing.Findings;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Replay;

namespace Handoff.Reports.Trace;

/// <summary>What <c>report</c> found in a recording: every writer starts from this.</summary>
public sealed class TraceReport
{
    private readonly Dictionary<string, string> _drivers;

    /// <summary>Takes what was learnt and what was found.</summary>
    /// <param name="name">Name for the heading.</param>
    /// <param name="analysis">What was learnt from the recording.</param>
    /// <param name="findings">What was found, ranked.</param>
    /// <param name="elapsed">Time on the clock.</param>
    /// <param name="devices">Names of the devices asked for; empty for all.</param>
    public TraceReport(string name, TraceAnalysis analysis, IReadOnlyList<TraceFinding> findings, TimeSpan elapsed, IReadOnlyCollection<string>? devices = null)
    {
        Name = name;
        Analysis = analysis;
        Elapsed = elapsed;
        Selected = devices ?? [];
        Findings = Selected.Count == 0 ? findings : [.. findings.Where(f => f.Devices.Count == 0 || f.Devices.Any(Selected.Contains))];
        Devices = [.. analysis.Statistics.Devices.Where(d => d.HasLoad && (Selected.Count == 0 || Selected.Contains(d.Name))).OrderByDescending(static d => d.Bytes).ThenBy(static d => d.Name, StringComparer.Ordinal)];
        Pools = [.. analysis.Statistics.Pools.Where(static p => p.Used.Peak > 0 || p.Range is not null)];
        Assurances = TraceAssurances.Of(analysis, findings);
        _drivers = (analysis.Facts?.PciDevices ?? []).Where(static d => d.Driver.Length > 0 && d.Driver != "-").GroupBy(static d => d.Name).ToDictionary(static g => g.Key, static g => g.First().Driver);
    }

    /// <summary>Name for the heading.</summary>
    public string Name { get; }

    /// <summary>What was learnt from the recording.</summary>
    public TraceAnalysis Analysis { get; }

    /// <summary>What was found, the gravest and surest first.</summary>
    public IReadOnlyList<TraceFinding> Findings { get; }

    /// <summary>What is certainly not wrong, as short phrases.</summary>
    public IReadOnlyList<string> Assurances { get; }

    /// <summary>Devices, those with most traffic first.</summary>
    public IReadOnlyList<DeviceStatistics> Devices { get; }

    /// <summary>Bounce pools that exist or were used.</summary>
    public IReadOnlyList<BouncePool> Pools { get; }

    /// <summary>Names of the devices that the report is limited to; empty for all.</summary>
    public IReadOnlyCollection<string> Selected { get; }

    /// <summary>Time on the clock.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>The load replayed on the recorded machine itself, which says how far replays can be trusted; <see langword="null"/> if nothing was replayed.</summary>
    public ReplayOutcome? Baseline { get; init; }

    /// <summary>Whether anything is wrong.</summary>
    public bool IsWrong => Findings.Any(static f => f.IsWrong);

    /// <summary>Whether times are nanoseconds; otherwise they are ticks of an unknown clock.</summary>
    public bool HasTime => Analysis.Header.TimeIsNanoseconds;

    /// <summary>The kernel's release, empty if not known.</summary>
    public string KernelRelease => Analysis.Facts?.KernelRelease is { Length: > 0 } told ? told : Analysis.Header.KernelRelease ?? "";

    /// <summary>The architecture as <c>uname -m</c> prints it, empty if not known.</summary>
    public string Architecture => Analysis.Facts is { KernelRelease.Length: > 0 } facts
        ? facts.MachineName
        : Analysis.Header.Architecture ?? "";

    /// <summary>Name and version of the format, such as <c>trace.dat 7</c>.</summary>
    public string Format => Analysis.Header.Format switch
    {
        RecordingFormat.TraceDat => $"trace.dat {Analysis.Header.FormatVersion}",
        RecordingFormat.PerfData => "perf.data",
        RecordingFormat.Text => "text",
        _ => "unknown",
    };

    /// <summary>Where the size of the machine's own pool comes from, in words; empty if not known.</summary>
    public string PoolOrigin
    {
        get
        {
            if (Analysis.Facts is not { Files.IsEmpty: false } facts || facts.Swiotlb is not { } pool)
                return "";
            string parameter = facts.Parameter("swiotlb") ?? "";
            if (parameter.Length > 0)
                return $"swiotlb={parameter}";
            return pool.Size == 64UL << 20 ? "default size" : "size chosen by the kernel";
        }
    }

    /// <summary>A device with its driver, if known: <c>nvme 0000:00:02.0</c>.</summary>
    public string Label(string device) => _drivers.TryGetValue(device, out string? driver) ? $"{driver} {device}" : device;
}
