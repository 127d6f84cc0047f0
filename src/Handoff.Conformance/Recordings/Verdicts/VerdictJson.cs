using System.Text.Json;

namespace Handoff.Conformance.Recordings.Verdicts;

/// <summary>Writes verdicts as JSON.</summary>
internal static class VerdictJson
{
    public static void Write(IReadOnlyList<RecordingVerdict> verdicts, Stream output)
    {
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", 1);
            json.WriteStartArray("recordings");
            foreach (RecordingVerdict verdict in verdicts)
                WriteOne(verdict, json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private static void WriteOne(RecordingVerdict verdict, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", verdict.Name);
        json.WriteString("directory", verdict.Directory);
        json.WriteString("kernel", verdict.Kernel);
        WriteCounts(json, verdict.Cases, verdict.Identical, verdict.Explained, verdict.Wrong, verdict.NotCovered);
        WriteMap(json, "reasons", verdict.Reasons);
        WriteMap(json, "notes", verdict.Notes);
        json.WriteStartArray("kinds");
        foreach (KindTally kind in verdict.Kinds)
        {
            json.WriteStartObject();
            json.WriteString("part", kind.Part);
            json.WriteString("kind", kind.Name);
            WriteCounts(json, kind.Cases, kind.Identical, kind.Explained, kind.Wrong, kind.NotCovered);
            WriteMap(json, "reasons", kind.Reasons);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("differences");
        foreach (Difference difference in verdict.Differences)
        {
            json.WriteStartObject();
            json.WriteString("place", difference.Place);
            json.WriteString("kind", difference.Kind);
            json.WriteString("expected", difference.Expected);
            json.WriteString("got", difference.Got);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("problems");
        foreach (string problem in verdict.Problems)
            json.WriteStringValue(problem);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, long cases, long identical, long explained, long wrong, long notCovered)
    {
        json.WriteNumber("cases", cases);
        json.WriteNumber("identical", identical);
        json.WriteNumber("explained", explained);
        json.WriteNumber("wrong", wrong);
        json.WriteNumber("not_covered", notCovered);
    }

    private static void WriteMap(Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, long>> map)
    {
        json.WriteStartObject(name);
        foreach ((string key, long value) in map)
            json.WriteNumber(key, value);
        json.WriteEndObject();
    }
}
