using System.Text.Json;
using Handoff.Litmus.Cures;
using Handoff.Litmus.Language;

namespace Handoff.Reports.Check;

/// <summary>Cures as JSON.</summary>
internal static class CheckJsonCures
{
    /// <summary>The word for what a cure changes.</summary>
    public static string Name(CureKind kind) => kind switch
    {
        CureKind.Program => "program",
        CureKind.Memory => "memory",
        CureKind.Device => "device",
        CureKind.Machine => "machine",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static void Write(Utf8JsonWriter json, SourceText source, CureReport report)
    {
        json.WriteStartObject("cures");
        json.WriteNumber("tried", report.Tried);
        json.WriteBoolean("complete", report.Complete);
        json.WriteBoolean("pairs", report.Pairs);
        json.WriteStartArray("list");
        foreach (var cure in report.Cures)
        {
            json.WriteStartObject();
            json.WriteString("kind", Name(cure.Kind));
            json.WriteString("text", cure.Text);
            CheckJsonWriter.WritePlace(json, source, cure.Span);
            json.WriteStartArray("edits");
            foreach (var edit in cure.Edits)
            {
                json.WriteStartObject();
                CheckJsonWriter.WritePlace(json, source, edit.Span);
                var end = source.PositionOf(edit.Span.End);
                json.WriteNumber("endLine", end.Line);
                json.WriteNumber("endColumn", end.Column);
                json.WriteString("newText", edit.NewText);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
