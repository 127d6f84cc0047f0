using System.Text.Json;
using Handoff.Reports.Text;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Sizing;

namespace Handoff.Reports.Replay;

/// <summary>The answer as JSON, for programs.</summary>
public static class SizeJsonWriter
{
    /// <summary>Name and version of the schema.</summary>
    public const string Schema = "handoff-size/1";

    /// <summary>Writes the answer and a line feed.</summary>
    public static void Write(SizeResult result, TimeSpan elapsed, Stream output) => JsonText.Write(output, Schema, json => Members(json, result, elapsed));

    private static void Members(Utf8JsonWriter json, SizeResult result, TimeSpan elapsed)
    {
        ReplayJson.WriteLoad(json, result.Load);
        json.WriteNumber("headroom", result.Options.Headroom);
        WriteOutcome(json, "recorded", result.Recorded);
        WriteOutcome(json, "smallest", result.Smallest);
        WriteOutcome(json, "withHeadroom", result.WithHeadroom);
        WriteOutcome(json, "knee", result.Knee);
        WriteOutcome(json, "areas", result.Areas);
        ReplayJson.WriteFailures(json, "unhelped", result.Unhelped);
        json.WriteStartArray("regions");
        foreach (RegionSize region in result.Regions)
        {
            json.WriteStartObject();
            json.WriteString("name", region.Name);
            json.WriteNumber("bytes", region.Bytes);
            json.WriteNumber("highWaterBytes", region.HighWaterBytes);
            json.WriteNumber("failures", region.Failures);
            json.WriteNumber("smallestBytes", region.SmallestBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteOutcomes(json, "curve", result.Curve);
        WriteOutcomes(json, "areaCurve", result.AreaCurve);
        json.WriteNumber("milliseconds", Math.Round(elapsed.TotalMilliseconds, 3));
        if (result.Interrupted)
            json.WriteString("endedEarly", "interrupted");
    }

    private static void WriteOutcome(Utf8JsonWriter json, string name, ReplayOutcome? outcome)
    {
        if (outcome is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WritePropertyName(name);
        ReplayJson.Write(json, outcome);
    }

    private static void WriteOutcomes(Utf8JsonWriter json, string name, IEnumerable<ReplayOutcome> outcomes)
    {
        json.WriteStartArray(name);
        foreach (ReplayOutcome outcome in outcomes)
            ReplayJson.Write(json, outcome);
        json.WriteEndArray();
    }
}
