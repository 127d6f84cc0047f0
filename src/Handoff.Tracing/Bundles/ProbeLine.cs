using System.Globalization;

namespace Handoff.Tracing.Bundles;

/// <summary>One result line of the probe module: a kind, a case number, and named values.</summary>
public sealed class ProbeLine
{
    private readonly Dictionary<string, string> _values = [];

    internal ProbeLine(int number, string text)
    {
        LineNumber = number;
        Source = text;
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Kind = words.Length > 0 ? words[0] : "";
        foreach (string word in words.Skip(1))
        {
            int equals = word.IndexOf('=');
            if (equals > 0)
                _values.TryAdd(word[..equals], word[(equals + 1)..]);
            else if (equals < 0)
                _values.TryAdd(word, "");
        }

        if (Kind is "ubuf-cached" or "ubuf-uncached" or "dmabuf" && _values.ContainsKey("begin"))
            ReadBoth(words);
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
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>A value as written, empty if absent.</summary>
    public string Text(string name) => _values.GetValueOrDefault(name, "");

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
    private void ReadBoth(string[] words)
    {
        bool second = false;
        foreach (string word in words)
        {
            second |= word.StartsWith("B=", StringComparison.Ordinal);
            int equals = word.IndexOf('=');
            if (second && equals > 0)
                _values["B" + word[..equals]] = word[(equals + 1)..];
        }
    }
}
