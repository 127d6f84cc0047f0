using System.Text.Encodings.Web;
using System.Text.Json;

namespace Handoff.Reports.Text;

/// <summary>The shape of every JSON document: one indented object that names its schema first, and a line feed.</summary>
internal static class JsonText
{
    // Names of devices and sentences stay readable: the documents are read as files, never placed into a page of HTML.
    private static readonly JsonWriterOptions s_options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a document.</summary>
    /// <param name="output">Where to, as UTF-8.</param>
    /// <param name="schema">Name and version of the schema.</param>
    /// <param name="members">Writes all other members.</param>
    public static void Write(Stream output, string schema, Action<Utf8JsonWriter> members) => WriteObject(output, json =>
    {
        json.WriteString("schema", schema);
        members(json);
    });

    /// <summary>Writes a document of somebody else's schema.</summary>
    /// <param name="output">Where to, as UTF-8.</param>
    /// <param name="members">Writes all members.</param>
    public static void WriteObject(Stream output, Action<Utf8JsonWriter> members)
    {
        using var json = new Utf8JsonWriter(output, s_options);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }
}
