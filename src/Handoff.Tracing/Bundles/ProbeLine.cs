using System.Globalization;

namespace Handoff.Tracing.Bundles;

/// <summary>One result line of the probe module: a kind, a case number, and named values.</summary>
public sealed class ProbeLine
{
    private Dictionary<string, string>? _values; // made when asked for

    internal ProbeLine(int number, string text)
    {
        LineNumber = number;
        Source = text;
        ReadOnlySpan<char> kind = text.AsSpan().TrimStart(' ');
        int end = kind.IndexOf(' ');
        Kind = (end < 0 ? kind : kind[..end]).ToString();
    }

    private Dictionary<string, string> Values => _values ??= ReadValues();

    private Dictionary<string, string> ReadValues()
    {
        var values = new Dictionary<string, string>();
        string[] words = Source.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (string word in words.Skip(1))
        {
            int equals = word.IndexOf('=');
            if (equals > 0)
                values.TryAdd(word[..equals], word[(equals + 1)..]);
            else if (equals < 0)
                values.TryAdd(word, "");
        }

        if (Kind is "ubuf-cached" or "ubuf-uncached" or "dmabuf" && values.ContainsKey("begin"))
            ReadBoth(words, values);
        return values;
    }

    /// <summary>Number of the line in its file, from 1.</summary>
    public int LineNumber { get; }

    /// <summary>The line after its <c>HP</c>.</summary>
    public string Source { get; }

    /// <summary>The first word: <c>single</c>, <c>sg</c> …</summary>
    public string Kind { get; }

    /// <summary>The case's number, 0 if the line has none.</summary>
    public int Case => (int)(Number("n") ?? 0);

    /// <summary>Whether a value or a bare word is there.</summary>
    public bool Has(string name) => Values.ContainsKey(name);

    /// <summary>A value as written, empty if absent.</summary>
    public string Text(string name) => Values.GetValueOrDefault(name, "");

    /// <summary>A decimal value (negative ones wrap); <see langword="null"/> if absent or no number.</summary>
    public ulong? Number(string name)
    {
        string text = Text(name);
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
            return value;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long negative) ? unchecked((ulong)negative) : null;
    }

    /// <summary>A hexadecimal value; <see langword="null"/> if absent or no number.</summary>
    public ulong? Hex(string name) =>
        ulong.TryParse(Text(name), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) ? value : null;

    /// <inheritdoc/>
    public override string ToString() => "HP " + Source;

    /// <summary>The line that begins a sharing case names two devices with the same keys: A's stay, B's get a B in front.</summary>
    private static void ReadBoth(string[] words, Dictionary<string, string> values)
    {
        bool second = false;
        foreach (string word in words)
        {
            second |= word.StartsWith("B=", StringComparison.Ordinal);
            int equals = word.IndexOf('=');
            if (second && equals > 0)
                values["B" + word[..equals]] = word[(equals + 1)..];
        }
    }
}
