using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>Names of functions by address, looked up in the recording's kallsyms text only when a marker needs one.</summary>
internal sealed class KernelSymbols(Func<ReadOnlyMemory<byte>> load)
{
    private const int MaximumLookups = 256; // a text whose order makes each of them walk all of it is possible
    private const int Digits = 16;

    private readonly Dictionary<ulong, string> _found = [];
    private ReadOnlyMemory<byte> _text;
    private bool _loaded;
    private List<Block>? _blocks; // once one is looked up

    /// <summary>Some lines of the text.</summary>
    private struct Block
    {
        public int Start, End;
        public UInt128 Lowest, Highest; // addresses, as their digits
    }

    /// <summary>The whole text, empty where there is none.</summary>
    internal ReadOnlyMemory<byte> Text
    {
        get
        {
            if (!_loaded)
            {
                _text = load();
                _loaded = true;
            }

            return _text;
        }
    }

    /// <summary>The function an address lies in, or an empty string.</summary>
    internal string Find(ulong address)
    {
        if (_found.TryGetValue(address, out var name))
            return name;
        if (_found.Count >= MaximumLookups)
            return "";
        name = Search(Text.Span, address);
        _found[address] = name;
        return name;
    }

    private string Search(ReadOnlySpan<byte> text, ulong address)
    {
        // Addresses have 16 digits (8 on 32-bit machines), so the text itself tells which is less.
        if (text.IndexOf((byte)' ') == Digits / 2)
            return SearchNarrow(text, address);
        Span<byte> digits = stackalloc byte[Digits];
        address.TryFormat(digits, out _, "x16", CultureInfo.InvariantCulture);
        UInt128 wanted = BinaryPrimitives.ReadUInt128BigEndian(digits), atLeast = UInt128.Zero, most = UInt128.Zero;
        _blocks ??= Divide(text);
        foreach (var block in _blocks)
        {
            if (block.Highest <= wanted && block.Highest > atLeast)
                atLeast = block.Highest;
        }

        ReadOnlySpan<byte> best = default;
        foreach (var block in _blocks)
        {
            if (block.Lowest > wanted || block.Highest < atLeast)
                continue;
            for (var rest = text[block.Start..block.End]; TryLine(ref rest, out var line, out var at);)
            {
                // The first of several names for one address is the one the kernel prints.
                if (at <= wanted && at > most)
                {
                    most = at;
                    best = line;
                }
            }
        }

        if (best.IsEmpty || !ulong.TryParse(best[..Digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var found) || found == 0)
            return "";
        return NameAt(best[(Digits + 3)..]);
    }

    /// <summary>Divides the text into a few lines each, so that a look-up walks only those that matter.</summary>
    private static List<Block> Divide(ReadOnlySpan<byte> text)
    {
        const int lines = 64;
        List<Block> blocks = [];
        for (var rest = text; !rest.IsEmpty;)
        {
            var block = new Block { Start = text.Length - rest.Length, Lowest = UInt128.MaxValue };
            for (var count = 0; count < lines && TryLine(ref rest, out _, out var at); count++)
            {
                block.Lowest = UInt128.Min(block.Lowest, at);
                block.Highest = UInt128.Max(block.Highest, at);
            }

            block.End = text.Length - rest.Length;
            blocks.Add(block);
        }

        return blocks;
    }

    /// <summary>The next line with an address: <c>ffffffff81000000 T _stext</c> with an optional <c>\t[module]</c>.</summary>
    private static bool TryLine(scoped ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> line, out UInt128 address)
    {
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            if (line.Length < Digits + 4 || line[Digits] != (byte)' ')
                continue;
            address = BinaryPrimitives.ReadUInt128BigEndian(line);
            return true;
        }

        line = default;
        address = UInt128.Zero;
        return false;
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
