using System.Text.Json;
using Handoff.Reports.Text;
using Handoff.Tracing.Replay;

namespace Handoff.Reports.Replay;

/// <summary>The report as JSON, for programs.</summary>
public static class ReplayJsonWriter
{
    /// <summary>Name and version of the schema.</summary>
    public const string Schema = "handoff-replay/1";

    /// <summary>Writes the report and a line feed.</summary>
    public static void Write(ReplayReport report, Stream output) => JsonText.Write(output, Schema, json => Members(json, report));

    private static void Members(Utf8JsonWriter json, ReplayReport report)
    {
        ReplayJson.WriteLoad(json, report.Load);
        json.WritePropertyName("recorded");
        ReplayJson.Write(json, report.Recorded);
        json.WriteStartArray("replays");
        foreach (ReplayOutcome outcome in report.Outcomes)
            ReplayJson.Write(json, outcome);
        json.WriteEndArray();
        json.WriteNumber("milliseconds", Math.Round(report.Elapsed.TotalMilliseconds, 3));
        if (report.Interrupted)
            json.WriteString("endedEarly", "interrupted");
    }
}
