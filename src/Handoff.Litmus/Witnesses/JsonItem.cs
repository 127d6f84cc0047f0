using System.Text.Json;

namespace Handoff.Litmus.Witnesses;

/// <summary>A value of a JSON file that must have a certain form.</summary>
/// <param name="element">The value.</param>
/// <param name="name">Where it stands, for messages.</param>
internal readonly struct JsonItem(JsonElement element, string name)
{
    private const int LongestText = 1 << 16;

    /// <summary>A member that must be there.</summary>
    public JsonItem this[string member] => Find(member) ?? throw new WitnessFormatException($"{name} has no member '{member}'");

    public string Text
    {
        get
        {
            if (element.ValueKind != JsonValueKind.String)
                throw new WitnessFormatException($"{name} is no text");
            string text;
            try
            {
                text = element.GetString()!;
            }
            catch (InvalidOperationException)
            {
                throw new WitnessFormatException($"{name} is no valid Unicode text");
            }

            return text.Length <= LongestText ? text : throw new WitnessFormatException($"{name} is too long");
        }
    }

    public bool Flag => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new WitnessFormatException($"{name} is neither true nor false"),
    };

    public int Count => element.ValueKind == JsonValueKind.Array ? element.GetArrayLength() : throw new WitnessFormatException($"{name} is no list");

    public IEnumerable<JsonItem> Items
    {
        get
        {
            var items = new List<JsonItem>(Count);
            foreach (JsonElement item in element.EnumerateArray())
                items.Add(new JsonItem(item, $"{name}[{items.Count}]"));
            return items;
        }
    }

    /// <summary>A whole number from 0 up to <paramref name="most"/>.</summary>
    public int Number(int most) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int number) && number >= 0 && number <= most
            ? number : throw new WitnessFormatException($"{name} is no number from 0 to {most}");

    /// <summary>A member, or <see langword="null"/>.</summary>
    public JsonItem? Find(string member)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new WitnessFormatException($"{name} is no object");
        return element.TryGetProperty(member, out JsonElement value) ? new JsonItem(value, name == "the file" ? member : $"{name}.{member}") : null;
    }

    /// <summary>A text of the file as a message may show it.</summary>
    public static string Shown(string text) =>
        "'" + string.Concat(text.Take(40).Select(c => char.IsControl(c) ? '?' : c)) + (text.Length > 40 ? "…'" : "'");
}
