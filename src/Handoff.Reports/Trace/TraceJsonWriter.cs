using System.Globalization;
using System.Text.Json;
using Handoff.Ownership;
using Handoff.Reports.Text;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Sizing;

namespace Handoff.Reports.Trace;

/// <summary>The report as JSON, for programs. Times are in the recording's units (nanoseconds, unless <c>timeUnit</c> says ticks).</summary>
public static class TraceJsonWriter
{
    /// <summary>Name and version of the schema.</summary>
    public const string Schema = "handoff-report/1";

    /// <summary>Writes the report and a line feed.</summary>
    public static void Write(TraceReport report, Stream output) => JsonText.Write(output, Schema, json => Members(json, report));

    private static void Members(Utf8JsonWriter json, TraceReport report)
    {
        Recording(json, report);
        json.WriteStartArray("findings");
        foreach (TraceFinding finding in report.Findings)
            Write(json, finding);
        json.WriteEndArray();
        json.WriteStartArray("assurances");
        foreach (string phrase in report.Assurances)
            json.WriteStringValue(phrase);
        json.WriteEndArray();
        json.WriteStartArray("pools");
        foreach (BouncePool pool in report.Pools)
            Write(json, report, pool);
        json.WriteEndArray();
        json.WriteStartArray("devices");
        foreach (DeviceStatistics device in report.Devices)
            TraceJsonDevices.Write(json, report, device);
        json.WriteEndArray();
        json.WriteStartObject("load");
        SeriesOf(json, "maps", report, part => report.Analysis.Statistics.MapRate.In(part));
        SeriesOf(json, "bytes", report, part => report.Analysis.Statistics.ByteRate.In(part));
        SeriesOf(json, "failures", report, part => report.Analysis.Statistics.FailureRate.In(part));
        json.WriteEndObject();
        if (report.Baseline is { } baseline)
        {
            json.WriteStartObject("replayOfRecordedMachine");
            json.WriteNumber("compared", baseline.Compared);
            json.WriteNumber("sameOutcome", baseline.SameOutcome);
            json.WriteEndObject();
        }

        json.WriteNumber("milliseconds", Math.Round(report.Elapsed.TotalMilliseconds, 3));
    }

    /// <summary>A series as an array, one number for each part of the recording.</summary>
    internal static void SeriesOf(Utf8JsonWriter json, string name, TraceReport report, Func<int, long> value)
    {
        json.WriteStartArray(name);
        for (int part = 0; part < report.Analysis.Statistics.Clock.Count; part++)
            json.WriteNumberValue(value(part));
        json.WriteEndArray();
    }

    /// <summary>As <see cref="SeriesOf"/>, of a level: null in the parts behind the one from which on it is not known.</summary>
    internal static void LevelsOf(Utf8JsonWriter json, string name, TraceReport report, Func<int, long> value)
    {
        var clock = report.Analysis.Statistics.Clock;
        int known = report.Analysis.PartialFrom is { } from ? from <= clock.Origin ? 0 : (int)Math.Min((from - clock.Origin) / clock.Width, int.MaxValue - 1) + 1 : clock.Count;
        json.WriteStartArray(name);
        for (int part = 0; part < clock.Count; part++)
        {
            if (part < known)
                json.WriteNumberValue(value(part));
            else
                json.WriteNullValue();
        }

        json.WriteEndArray();
    }

    /// <summary>A level at the end of the recording: null where it is not known.</summary>
    internal static void AtEnd(Utf8JsonWriter json, string name, TraceReport report, long level)
    {
        if (report.Analysis.PartialFrom is null)
            json.WriteNumber(name, level);
        else
            json.WriteNull(name);
    }

    private static void Recording(Utf8JsonWriter json, TraceReport report)
    {
        TraceAnalysis analysis = report.Analysis;
        json.WriteStartObject("recording");
        json.WriteString("name", report.Name);
        json.WriteString("format", report.Format);
        json.WriteString("kernel", report.KernelRelease);
        json.WriteString("architecture", report.Architecture);
        json.WriteString("timeUnit", report.HasTime ? "nanosecond" : "tick");
        json.WriteNumber("start", analysis.Start);
        json.WriteNumber("end", analysis.End);
        json.WriteNumber("events", analysis.Events);
        json.WriteNumber("eventsLost", analysis.Counts.LostInAll);
        json.WriteNumber("gaps", analysis.Gaps);
        if (analysis.PartialFrom is { } from)
            json.WriteNumber("partialFrom", from);
        AtEnd(json, "liveAtEnd", report, analysis.LiveAtEnd);
        json.WriteNumber("partLength", analysis.Statistics.Clock.Width);
        json.WriteNumber("parts", analysis.Statistics.Clock.Count);
        json.WriteBoolean("interrupted", analysis.IsInterrupted);
        json.WriteBoolean("facts", analysis.Facts is { Files.IsEmpty: false });
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TraceFinding finding)
    {
        json.WriteStartObject();
        json.WriteString("id", finding.Id);
        json.WriteString("severity", finding.Severity switch { FindingSeverity.Error => "error", FindingSeverity.Warning => "warning", _ => "note" });
        json.WriteString("confidence", finding.Confidence switch { Confidence.Certain => "certain", Confidence.Likely => "likely", _ => "possible" });
        json.WriteBoolean("wrong", finding.IsWrong);
        json.WriteString("title", finding.Title);
        Strings(json, "devices", finding.Devices);
        json.WriteNumber("count", finding.Count);
        if (finding.FirstTime is { } first)
            json.WriteNumber("firstTime", first);
        if (finding.LastTime is { } last)
            json.WriteNumber("lastTime", last);
        Strings(json, "why", finding.Why);
        json.WriteStartArray("cures");
        foreach (Cure cure in finding.Cures)
        {
            json.WriteStartObject();
            json.WriteString("text", cure.Text);
            if (cure.Parameter is { } parameter)
                json.WriteString("parameter", parameter);
            if (cure.ReplayOptions is { } options)
                json.WriteString("replayOptions", options);
            if (cure.Helps is { } helps)
                json.WriteBoolean("helps", helps);
            if (cure.Outcome is { } outcome)
                Write(json, "replayed", outcome);
            if (FindingTextWriter.ResultOf(finding, cure) is { Length: > 0 } result)
                json.WriteString("result", result);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (finding.Sizes is { } sizes)
            Write(json, sizes);
        Strings(json, "evidence", finding.Evidence);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SizeResult sizes)
    {
        json.WriteStartObject("sizes");
        json.WriteStartArray("curve");
        foreach (ReplayOutcome point in sizes.Curve)
            Write(json, null, point);
        json.WriteEndArray();
        if (sizes.Knee is { } knee)
            json.WriteNumber("kneeSlots", knee.PoolSlots);
        if (sizes.Smallest is { } smallest)
            json.WriteNumber("smallestSlots", smallest.PoolSlots);
        if (sizes.WithHeadroom is { } wide)
            json.WriteNumber("withHeadroomSlots", wide.PoolSlots);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string? name, ReplayOutcome outcome)
    {
        if (name is null)
            json.WriteStartObject();
        else
            json.WriteStartObject(name);
        json.WriteString("swiotlb", outcome.Parameter);
        json.WriteNumber("poolSlots", outcome.PoolSlots);
        json.WriteNumber("areas", outcome.Areas);
        json.WriteNumber("maps", outcome.Maps);
        json.WriteNumber("bounced", outcome.Bounced);
        json.WriteNumber("failures", outcome.Failures);
        json.WriteNumber("failuresForWantOfSlots", outcome.FailuresBySize);
        json.WriteNumber("highWaterSlots", outcome.HighWaterSlots);
        json.WriteNumber("copiedBytes", outcome.CopiedBytes);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TraceReport report, BouncePool pool)
    {
        json.WriteStartObject();
        json.WriteString("name", pool.Name);
        json.WriteBoolean("restricted", pool.IsRestricted);
        if (pool.Range is { } range)
        {
            json.WriteString("start", "0x" + range.Start.Value.ToString("x", CultureInfo.InvariantCulture));
            json.WriteNumber("slots", pool.Slots);
            json.WriteNumber("areas", pool.Areas);
        }

        json.WriteNumber("highWaterSlots", pool.Used.Peak);
        json.WriteNumber("highWaterTime", pool.Used.PeakTime);
        AtEnd(json, "slotsAtEnd", report, pool.Used.Current);
        LevelsOf(json, "mostSlots", report, pool.Used.HighestIn);
        json.WriteEndObject();
    }

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
