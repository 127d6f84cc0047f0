using System.Text.Json;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Witnesses;

/// <summary>Witnesses as JSON files; the format is described in <c>docs/witness-files.md</c>.</summary>
public static class WitnessFile
{
    /// <summary>Name and version of the format.</summary>
    public const string Schema = "handoff-witness/1";

    /// <summary>Largest file that is read, in bytes.</summary>
    public const int LargestFile = 16 << 20;

    private const int MostSteps = 100_000;

    private static readonly (CacheMove Move, string Name)[] s_moves = [(CacheMove.Fetch, "fetch"), (CacheMove.Drop, "drop"), (CacheMove.WriteBack, "writeBack")];

    /// <summary>Writes a witness and a line feed.</summary>
    /// <param name="witness">The witness.</param>
    /// <param name="output">Where to, as UTF-8.</param>
    public static void Write(Witness witness, Stream output)
    {
        ArgumentNullException.ThrowIfNull(witness);
        ArgumentNullException.ThrowIfNull(output);
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("schema", Schema);
        json.WriteStartObject("test");
        json.WriteString("title", witness.Title);
        json.WriteString("digest", witness.TestDigest);
        json.WriteEndObject();
        json.WriteStartObject("kernel");
        json.WriteString("name", witness.Kernel);
        json.WriteString("digest", witness.KernelDigest);
        json.WriteEndObject();
        json.WriteStartObject("machine");
        if (witness.On is { } on)
            json.WriteString("on", on);
        json.WriteBoolean("coherent", witness.Machine.Coherent);
        json.WriteBoolean("outOfReach", witness.Machine.NeedsBounce);
        json.WriteBoolean("forced", witness.Machine.ForceBounce);
        json.WriteNumber("line", witness.Machine.Line);
        json.WriteEndObject();
        json.WriteString("verdict", Words.For(Words.Verdicts, witness.Verdict));
        Numbers(json, "choices", witness.Choices);
        Numbers(json, "cells", witness.Cells);
        json.WriteStartArray("steps");
        foreach (WitnessStep step in witness.Steps)
            Write(json, step);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }

    /// <summary>Reads a witness.</summary>
    /// <param name="file">The bytes of the file.</param>
    /// <param name="problem">What is wrong with it; <see langword="null"/> if nothing is.</param>
    /// <returns>The witness, or <see langword="null"/> if it cannot be used.</returns>
    public static Witness? Read(ReadOnlyMemory<byte> file, out WitnessProblem? problem)
    {
        problem = null;
        try
        {
            using JsonDocument json = JsonDocument.Parse(file, new JsonDocumentOptions { MaxDepth = 16 });
            var root = new JsonItem(json.RootElement, "the file");
            string schema = root["schema"].Text;
            if (schema != Schema)
            {
                problem = schema.StartsWith("handoff-witness/", StringComparison.Ordinal)
                    ? new WitnessProblem(WitnessProblem.OtherVersion, 0, $"this is {JsonItem.Shown(schema)}; {Schema} can be read", "save it again with this program")
                    : new WitnessProblem(WitnessProblem.Malformed, 0, $"this is {JsonItem.Shown(schema)}, not a witness", "explain TEST --save-witness FILE makes one");
                return null;
            }

            return Read(root);
        }
        catch (JsonException damaged)
        {
            problem = new WitnessProblem(WitnessProblem.Malformed, 0, $"no JSON: wrong at line {(damaged.LineNumber ?? 0) + 1}, byte {(damaged.BytePositionInLine ?? 0) + 1}", "explain TEST --save-witness FILE makes one");
        }
        catch (WitnessFormatException wrong)
        {
            problem = new WitnessProblem(WitnessProblem.Malformed, 0, wrong.Message);
        }

        return null;
    }

    private static Witness Read(JsonItem root)
    {
        JsonItem test = root["test"], kernel = root["kernel"], machine = root["machine"], steps = root["steps"];
        string word = root["verdict"].Text;
        if (!Words.Verdicts.TryGetValue(word, out Verdict verdict) || verdict == Verdict.Ok)
            throw new WitnessFormatException($"{JsonItem.Shown(word)} is no verdict of a witness");
        if (steps.Count > MostSteps)
            throw new WitnessFormatException($"more than {MostSteps} steps");
        return new Witness
        {
            Title = test["title"].Text,
            TestDigest = test["digest"].Text,
            Kernel = kernel["name"].Text,
            KernelDigest = kernel["digest"].Text,
            On = machine.Find("on")?.Text,
            Machine = new MachineVariant(machine["coherent"].Flag, machine["outOfReach"].Flag, machine["forced"].Flag, (uint)machine["line"].Number(1 << 16)),
            Verdict = verdict,
            Choices = [.. root["choices"].Items.Select(i => i.Number(1 << 20))],
            Cells = [.. root["cells"].Items.Select(i => i.Number(1 << 24))],
            Steps = [.. steps.Items.Select(ReadStep)],
        };
    }

    private static void Write(Utf8JsonWriter json, WitnessStep step)
    {
        json.WriteStartObject();
        json.WriteString("actor", step.Actor);
        json.WriteString("text", step.Text);
        if (step.What.Agent >= 0)
        {
            json.WriteNumber("agent", step.What.Agent);
            json.WriteNumber("line", step.Line);
        }
        else
        {
            json.WriteString("move", s_moves.First(m => m.Move == step.What.Move).Name);
            json.WriteNumber("cacheLine", step.What.Line);
        }

        json.WriteStartArray("memory");
        foreach (StoryCell cell in step.Memory)
            cell.WriteTo(json);

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static WitnessStep ReadStep(JsonItem step)
    {
        WitnessEvent what;
        int line = 0;
        if (step.Find("move") is { } move)
        {
            string name = move.Text;
            CacheMove known = s_moves.FirstOrDefault(m => m.Name == name).Move;
            if (known == CacheMove.None)
                throw new WitnessFormatException($"{JsonItem.Shown(name)} is no move of a cache");
            what = new WitnessEvent(-1, step["cacheLine"].Number(1 << 24), known);
        }
        else
        {
            what = new WitnessEvent(step["agent"].Number(1 << 16), -1, CacheMove.None);
            line = step["line"].Number(1 << 24);
        }

        return new WitnessStep(what, step["actor"].Text, step["text"].Text, line, [.. step["memory"].Items.Select(ReadCell)]);
    }

    private static StoryCell ReadCell(JsonItem cell) =>
        new(cell["name"].Text, cell["memory"].Text, cell.Find("cache")?.Text, cell.Find("dirty")?.Flag ?? false);

    private static void Numbers(Utf8JsonWriter json, string name, IEnumerable<int> numbers)
    {
        json.WriteStartArray(name);
        foreach (int number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
