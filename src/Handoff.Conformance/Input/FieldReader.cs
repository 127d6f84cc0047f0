using System.Buffers.Text;

namespace Handoff.Conformance.Input;

/// <summary>Takes blank-separated fields off a line.</summary>
internal ref struct FieldReader(ReadOnlySpan<byte> line)
{
    private ReadOnlySpan<byte> _rest = line;

    /// <summary>Whether nothing is left.</summary>
    public bool AtEnd => (_rest = _rest.TrimStart(" \t"u8)).IsEmpty;

    /// <summary>The next word; empty at the end.</summary>
    public ReadOnlySpan<byte> Word()
    {
        _rest = _rest.TrimStart(" \t"u8);
        int length = _rest.IndexOfAny((byte)' ', (byte)'\t');
        ReadOnlySpan<byte> word = length < 0 ? _rest : _rest[..length];
        _rest = _rest[word.Length..];
        return word;
    }

    /// <summary>The next decimal number.</summary>
    public bool TryDecimal(out ulong value)
    {
        ReadOnlySpan<byte> word = Word();
        return Utf8Parser.TryParse(word, out value, out int used) && used == word.Length;
    }

    /// <summary>The next hexadecimal number, with or without 0x.</summary>
    public bool TryHex(out ulong value)
    {
        ReadOnlySpan<byte> word = Word();
        if (word.StartsWith("0x"u8))
            word = word[2..];
        return Utf8Parser.TryParse(word, out value, out int used, 'x') && used == word.Length;
    }
}
