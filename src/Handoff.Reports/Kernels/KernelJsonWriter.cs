using System.Text.Json;
using Handoff.Kernels;
using Handoff.Reports.Text;

namespace Handoff.Reports.Kernels;

/// <summary>Kernel profiles as JSON.</summary>
public static class KernelJsonWriter
{
    /// <summary>Name and version of the schema.</summary>
    public const string Schema = "handoff-kernels/1";

    /// <summary>Writes kernels with all their switches, and a line feed.</summary>
    public static void Write(IEnumerable<KernelProfile> kernels, Stream output) => JsonText.Write(output, Schema, json => Members(json, kernels));

    private static void Members(Utf8JsonWriter json, IEnumerable<KernelProfile> kernels)
    {
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
    }
}
