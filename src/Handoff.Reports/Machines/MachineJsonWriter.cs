using System.Text.Json;
using Handoff.Litmus.Language;
using Handoff.Reports.Text;

namespace Handoff.Reports.Machines;

/// <summary>Machines by name, as JSON.</summary>
public static class MachineJsonWriter
{
    /// <summary>Name and version of the schema.</summary>
    public const string Schema = "handoff-machines/1";

    /// <summary>Writes machines and a line feed.</summary>
    public static void Write(IEnumerable<KnownMachine> machines, Stream output) => JsonText.Write(output, Schema, json => Members(json, machines));

    private static void Members(Utf8JsonWriter json, IEnumerable<KnownMachine> machines)
    {
        json.WriteStartArray("machines");
        foreach (var machine in machines)
        {
            json.WriteStartObject();
            json.WriteString("name", machine.Name);
            json.WriteString("description", machine.Description);
            json.WriteString("architecture", LitmusPrinter.NameOf(machine.Architecture));
            json.WriteNumber("ram", machine.Ram);
            json.WriteNumber("line", machine.Line);
            json.WriteNumber("cpus", machine.Cpus);
            json.WriteBoolean("coherent", machine.Coherent);
            json.WriteString("swiotlb", machine.Swiotlb);
            if (machine.RestrictedPool is { } pool)
                json.WriteNumber("restrictedPool", pool);
            json.WriteBoolean("encryptedGuest", machine.Encryption == MemoryEncryption.Guest);
            json.WriteBoolean("forced", machine.ForcesBounce);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
