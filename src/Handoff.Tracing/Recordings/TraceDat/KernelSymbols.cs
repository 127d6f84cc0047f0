using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>Names of functions by address, looked up in the recording's kallsyms text only when a marker needs one.</summary>
internal sealed class KernelSymbols(Func<byte[]?> load)
{
    private const int MaximumLookups = 256; // each one walks the whole text
    private const int Digits = 16;

    private readonly Dictionary<ulong, string> _found = [];
    private byte[]? _text;
    private bool _loaded;

    /// <summary>The whole text, empty where there is none.</summary>
    internal byte[] Text
    {
        get
        {
            if (!_loaded)
            {
                _text = load();
                _loaded = true;
            }

            return _text ?? [];
        }
    }

    /// <summary>The function an address lies in, or an empty string.</summary>
    internal string Find(ulong address)
    {
        if (_found.TryGetValue(address, out var name))
            return name;
        if (_found.Count >= MaximumLookups)
            return "";
        name = Search(Text, address);
        _found[address] = name;
        return name;
    }

    private static string Search(ReadOnlySpan<byte> text, ulong address)
    {
        // Addresses have 16 digits (8 on 32-bit machines), so the text itself tells which is less.
        if (text.IndexOf((byte)' ') == Digits / 2)
            return SearchNarrow(text, address);
        Span<byte> digits = stackalloc byte[Digits];
        address.TryFormat(digits, out _, "x16", CultureInfo.InvariantCulture);
        ulong high = BinaryPrimitives.ReadUInt64BigEndian(digits), low = BinaryPrimitives.ReadUInt64BigEndian(digits[sizeof(ulong)..]);
        ulong bestHigh = 0, bestLow = 0;
        ReadOnlySpan<byte> best = default;
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];

            // "ffffffff81000000 T _stext" with an optional "\t[module]"
            if (line.Length < Digits + 4 || line[Digits] != (byte)' ')
                continue;
            ulong lineHigh = BinaryPrimitives.ReadUInt64BigEndian(line), lineLow = BinaryPrimitives.ReadUInt64BigEndian(line[sizeof(ulong)..]);
            if (lineHigh > high || (lineHigh == high && lineLow > low))
                continue;

            // The first of several names for one address is the one the kernel prints.
            if (lineHigh > bestHigh || (lineHigh == bestHigh && lineLow > bestLow))
            {
                (bestHigh, bestLow) = (lineHigh, lineLow);
                best = line;
            }
        }

        if (best.IsEmpty || !ulong.TryParse(best[..Digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var at) || at == 0)
            return "";
        return NameAt(best[(Digits + 3)..]);
    }

    private static string SearchNarrow(ReadOnlySpan<byte> text, ulong address)
    {
        const int digits = Digits / 2;
        ulong most = 0;
        ReadOnlySpan<byte> best = default;
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            if (line.Length < digits + 4 || line[digits] != (byte)' '
                || !ulong.TryParse(line[..digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var at) || at > address || at <= most)
                continue;
            most = at;
            best = line[(digits + 3)..];
        }

        return NameAt(best);
    }

    /// <summary>A name up to the module's.</summary>
    private static string NameAt(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAny((byte)'\t', (byte)' ');
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }
}
