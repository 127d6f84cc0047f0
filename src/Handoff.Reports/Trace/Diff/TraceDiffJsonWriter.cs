using System.Text.Json;
using Handoff.Reports.Text;
using Handoff.Tracing.Findings;

namespace Handoff.Reports.Trace.Diff;

/// <summary>The comparison as JSON, for programs.</summary>
public static class TraceDiffJsonWriter
{
    /// <summary>Name and version of the schema.</summary>
    public const string Schema = "handoff-diff/1";

    /// <summary>Writes it and a line feed.</summary>
    public static void Write(TraceDiff diff, Stream output) => JsonText.Write(output, Schema, json => Members(json, diff));

    private static void Members(Utf8JsonWriter json, TraceDiff diff)
    {
        json.WriteString("before", diff.Before.Name);
        json.WriteString("after", diff.After.Name);
        json.WriteBoolean("same", diff.IsSame);
        json.WriteStartArray("machine");
        foreach (var fact in diff.Machine)
        {
            json.WriteStartObject();
            json.WriteString("fact", fact.Id);
            json.WriteString("before", fact.Before);
            json.WriteString("after", fact.After);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("load");
        foreach (var figure in diff.Load)
            Figure(json, figure);
        json.WriteEndObject();
        json.WriteStartArray("devices");
        foreach (var device in diff.Devices)
        {
            json.WriteStartObject();
            json.WriteString("name", (device.After ?? device.Before!).Name);
            json.WriteString("state", device.Before is null ? "new" : device.After is null ? "gone" : "both");
            foreach (var figure in device.Figures)
                Figure(json, figure);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("findings");
        foreach (var finding in diff.Findings)
            Finding(json, finding);
        json.WriteEndArray();
    }

    private static void Figure(Utf8JsonWriter json, DiffFigure figure)
    {
        json.WriteStartObject(figure.Id);
        json.WriteNumber("before", Math.Round(figure.Before, 6));
        json.WriteNumber("after", Math.Round(figure.After, 6));
        json.WriteEndObject();
    }

    private static void Finding(Utf8JsonWriter json, FindingDiff finding)
    {
        TraceFinding shown = finding.Finding;
        json.WriteStartObject();
        json.WriteString("id", shown.Id);
        json.WriteString("state", finding.Before is null ? "new" : finding.After is null ? "gone" : "both");
        json.WriteString("title", shown.Title);
        json.WriteStartArray("devices");
        foreach (string device in shown.Devices)
            json.WriteStringValue(device);
        json.WriteEndArray();
        json.WriteNumber("countBefore", finding.Before?.Count ?? 0);
        json.WriteNumber("countAfter", finding.After?.Count ?? 0);
        json.WriteEndObject();
    }
}
