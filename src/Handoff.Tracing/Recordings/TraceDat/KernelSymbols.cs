using System.Globalization;
using System.Text;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>Names of functions by address, looked up in the recording's kallsyms text only when a marker needs one.</summary>
internal sealed class KernelSymbols(Func<byte[]?> load)
{
    private const int MaximumLookups = 256; // each one walks the whole text

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
        ulong best = 0;
        ReadOnlySpan<byte> bestName = default;
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            // "ffffffff81000000 T _stext" with an optional "\t[module]"
            var blank = line.IndexOf((byte)' ');
            if (blank is < 1 or > 16 || line.Length < blank + 4)
                continue;
            if (!ulong.TryParse(line[..blank], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var at) || at > address || at < best)
                continue;
            var name = line[(blank + 3)..];
            // The first of several names for one address is the one the kernel prints.
            if (at == best && !bestName.IsEmpty)
                continue;
            best = at;
            bestName = name;
        }

        var tab = bestName.IndexOfAny((byte)'\t', (byte)' ');
        return best == 0 ? "" : Encoding.UTF8.GetString(tab < 0 ? bestName : bestName[..tab]);
    }
}
