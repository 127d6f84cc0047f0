using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Handoff.Reports.Text;

namespace Handoff.Reports.Sarif;

/// <summary>Writes a run as SARIF 2.1.0, the format that code review and kernel CI show findings from.</summary>
internal static class SarifWriter
{
    private const string Fingerprint = "handoffFinding/v1";

    /// <summary>Writes the run and a line feed.</summary>
    public static void Write(SarifRun run, Stream output) => JsonText.WriteObject(output, json => Members(json, run));

    private static void Members(Utf8JsonWriter json, SarifRun run)
    {
        List<SarifRule> rules = [.. run.Results.Select(result => result.Rule).DistinctBy(rule => rule.Id).OrderBy(rule => rule.Id, StringComparer.Ordinal)];
        List<string> uris = [.. run.Paths.Select(path => new SarifPlace(path, null, default).Uri).Distinct()];

        json.WriteString("$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json");
        json.WriteString("version", "2.1.0");
        json.WriteStartArray("runs");
        json.WriteStartObject();
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "handoff");
        json.WriteString("semanticVersion", run.Version);
        json.WriteStartArray("rules");
        foreach (var rule in rules)
            Write(json, rule);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("invocations");
        json.WriteStartObject();
        json.WriteBoolean("executionSuccessful", run.Completed);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("automationDetails");
        json.WriteString("id", $"handoff/{run.Category}/");
        json.WriteEndObject();
        json.WriteString("columnKind", "utf16CodeUnits");
        json.WriteStartArray("artifacts");
        foreach (string uri in uris)
        {
            json.WriteStartObject();
            json.WriteStartObject("location");
            json.WriteString("uri", uri);
            json.WriteEndObject();
            json.WriteStartArray("roles");
            json.WriteStringValue("analysisTarget");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("results");
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var result in run.Results)
            Write(json, result, rules.FindIndex(rule => rule.Id == result.Rule.Id), uris, seen);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, SarifRule rule)
    {
        json.WriteStartObject();
        json.WriteString("id", rule.Id);
        Message(json, "shortDescription", Sentence(rule.Title));
        Message(json, "fullDescription", rule.Meaning);
        Message(json, "help", $"{rule.Meaning}\n\n{rule.Hint}".Trim(), $"{rule.Meaning}\n\n**Hint:** {rule.Hint}".Trim());
        json.WriteStartObject("defaultConfiguration");
        json.WriteString("level", Name(rule.Level));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SarifResult result, int ruleIndex, List<string> uris, Dictionary<string, int> seen)
    {
        json.WriteStartObject();
        json.WriteString("ruleId", result.Rule.Id);
        json.WriteNumber("ruleIndex", ruleIndex);
        json.WriteString("kind", result.IsOpen ? "open" : "fail");
        json.WriteString("level", result.IsOpen ? "none" : Name(result.Level));
        Message(json, "message", result.Text);
        json.WriteStartArray("locations");
        json.WriteStartObject();
        Write(json, result.Place, uris);
        if (result.Devices.Count > 0)
        {
            json.WriteStartArray("logicalLocations");
            foreach (string device in result.Devices)
            {
                json.WriteStartObject();
                json.WriteString("name", device);
                json.WriteString("kind", "device");
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndArray();

        // The same rule broken twice by the same statement text: the second one is told apart by its number.
        int before = seen[result.Identity] = seen.GetValueOrDefault(result.Identity) + 1;
        json.WriteStartObject("partialFingerprints");
        json.WriteString(Fingerprint, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{result.Identity}\n{before}")).AsSpan(0, 16)));
        json.WriteEndObject();
        if (result.Steps.Count > 0)
            Write(json, result.Steps, uris);
        if (result.ExpectedBy is { } line)
        {
            json.WriteStartArray("suppressions");
            json.WriteStartObject();
            json.WriteString("kind", "inSource");
            json.WriteString("justification", "The test expects it.");
            json.WriteStartObject("location");
            Write(json, line, uris);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
        }

        if (result.Properties.Count > 0)
        {
            json.WriteStartObject("properties");
            foreach (var (name, values) in result.Properties)
            {
                json.WriteStartArray(name);
                foreach (string value in values)
                    json.WriteStringValue(value);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<SarifStep> steps, List<string> uris)
    {
        json.WriteStartArray("codeFlows");
        json.WriteStartObject();
        json.WriteStartArray("threadFlows"); // one: viewers show its steps in order, whoever acts
        json.WriteStartObject();
        json.WriteStartArray("locations");
        for (int order = 0; order < steps.Count; order++)
        {
            json.WriteStartObject();
            json.WriteStartObject("location");
            if (steps[order].Place is { } place)
                Write(json, place, uris);
            Message(json, "message", steps[order].Text);
            json.WriteEndObject();
            json.WriteNumber("executionOrder", order + 1);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, SarifPlace place, List<string> uris)
    {
        json.WriteStartObject("physicalLocation");
        json.WriteStartObject("artifactLocation");
        json.WriteString("uri", place.Uri);
        json.WriteNumber("index", uris.IndexOf(place.Uri));
        json.WriteEndObject();
        if (place.Source is { } source)
        {
            var start = source.PositionOf(place.Span.Start);
            var end = source.PositionOf(place.Span.End);
            json.WriteStartObject("region");
            json.WriteNumber("startLine", start.Line);
            json.WriteNumber("startColumn", start.Column);
            json.WriteNumber("endLine", end.Line);
            json.WriteNumber("endColumn", end.Column);
            if (place.Span.Length > 0)
                Message(json, "snippet", source[place.Span]);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Message(Utf8JsonWriter json, string name, string text, string? markdown = null)
    {
        json.WriteStartObject(name);
        json.WriteString("text", text);
        if (markdown is not null)
            json.WriteString("markdown", markdown);
        json.WriteEndObject();
    }

    private static string Name(SarifLevel level) => level switch
    {
        SarifLevel.None => "none",
        SarifLevel.Note => "note",
        SarifLevel.Warning => "warning",
        _ => "error",
    };

    private static string Sentence(string title) => title.Length == 0 ? title : char.ToUpperInvariant(title[0]) + title[1..] + (title[^1] == '.' ? "" : ".");
}
