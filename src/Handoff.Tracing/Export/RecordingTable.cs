using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Export;

/// <summary>One row for each recording.</summary>
internal sealed class RecordingTable : ExportTable
{
    private static readonly DateOnly Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch);

    private readonly TextColumn _kernel, _architecture, _format, _clock, _parameter, _exporter;
    private readonly NumberColumn _hasTime, _hasFacts, _complete;
    private readonly NumberColumn _cpus, _slots, _areas;
    private readonly NumberColumn _start, _end, _events, _lost, _gaps, _live, _day;

    internal RecordingTable(string recording)
        : base("recordings", recording)
    {
        _day = Day("recorded_on");
        _kernel = Text("kernel");
        _architecture = Text("architecture");
        _format = Text("format");
        _clock = Text("clock");
        _hasTime = Boolean("ts_is_nanoseconds");
        _start = Bigint("ts");
        _end = Bigint("end_ts");
        _events = Bigint("events");
        _lost = Bigint("events_lost");
        _gaps = Bigint("gaps");
        _complete = Boolean("is_complete");
        _live = Bigint("live_at_end");
        _cpus = Integer("cpus");
        _hasFacts = Boolean("has_facts");
        _parameter = Text("swiotlb_parameter");
        _slots = Integer("pool_slots");
        _areas = Integer("pool_areas");
        _exporter = Text("exported_by");
    }

    internal void Add(TraceAnalysis analysis, DateOnly? day, string exporter)
    {
        MachineFacts? facts = analysis.Facts;
        _day.Add(day is { } known ? known.DayNumber - Epoch.DayNumber : (long?)null);
        _kernel.Add(facts?.KernelRelease is { Length: > 0 } told ? told : analysis.Header.KernelRelease);
        _architecture.Add(facts is { KernelRelease.Length: > 0 } ? facts.MachineName : analysis.Header.Architecture);
        _format.Add(analysis.Header.Format switch { RecordingFormat.TraceDat => "trace.dat", RecordingFormat.PerfData => "perf.data", _ => "text" });
        _clock.Add(analysis.Header.Clock);
        _hasTime.Add(analysis.Header.TimeIsNanoseconds);
        _start.Add(analysis.Start);
        _end.Add(analysis.End);
        _events.Add(analysis.Events);
        _lost.Add(analysis.Counts.LostInAll);
        _gaps.Add(analysis.Gaps);
        _complete.Add(analysis.Diagnostics.All(static problem => problem.Severity != DiagnosticSeverity.Error));
        _live.Add(analysis.PartialFrom is null ? analysis.LiveAtEnd : (long?)null);
        _cpus.Add(analysis.Header.CpuCount > 0 ? analysis.Header.CpuCount : facts?.Cpus);
        _hasFacts.Add(facts is { Files.IsEmpty: false });
        _parameter.Add(facts?.Parameter("swiotlb"));
        var pool = analysis.Statistics.Pools.FirstOrDefault(static pool => !pool.IsRestricted && pool.Slots > 0);
        _slots.Add(pool?.Slots);
        _areas.Add(pool is { Areas: > 0 } ? pool.Areas : null);
        _exporter.Add(exporter);
        EndRow();
    }

    // As uname prints it.
}
