using System.Text.Json;
using Handoff.Kernels;

namespace Handoff.Reports.Kernels;

/// <summary>Kernel profiles as JSON.</summary>
public static class KernelJsonWriter
{
    /// <summary>Name and version of the schema.</summary>
    public const string Schema = "handoff-kernels/1";

    /// <summary>Writes kernels with all their switches, and a line feed.</summary>
    public static void Write(IEnumerable<KernelProfile> kernels, Stream output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("schema", Schema);
        json.WriteStartArray("kernels");
        foreach (var kernel in kernels)
        {
            json.WriteStartObject();
            json.WriteString("name", kernel.Name);
            json.WriteString("description", kernel.Description);
            json.WriteStartObject("switches");
            foreach (var each in KernelSwitchTable.All)
                json.WriteString(each.Name, each.ValueIn(kernel.Switches).Name);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }
}
