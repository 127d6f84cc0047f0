using System.Globalization;

namespace Handoff.Tracing.Selection;

/// <summary>Addresses of any kind (physical, device, virtual), both ends included.</summary>
/// <param name="First">The lowest address.</param>
/// <param name="Last">The highest address, at least <paramref name="First"/>.</param>
public readonly record struct AddressRange(ulong First, ulong Last)
{
    /// <summary>Whether bytes lie in the range, wholly or in part. No bytes count as one.</summary>
    public bool Touches(ulong address, ulong size)
    {
        ulong last = size == 0 ? address : address + (size - 1);
        if (last < address)
            last = ulong.MaxValue; // claimed to run beyond the end of all addresses
        return address <= Last && last >= First;
    }

    /// <summary>
    /// Reads <c>ADDRESS</c>, <c>FIRST-LAST</c> or <c>ADDRESS+SIZE</c>. Addresses are hexadecimal, with or without <c>0x</c>; sizes are decimal
    /// or <c>0x…</c>, with an optional <c>K</c>, <c>M</c> or <c>G</c>.
    /// </summary>
    public static bool TryParse(string text, out AddressRange range)
    {
        range = default;
        int dash = text.IndexOf('-', StringComparison.Ordinal), plus = text.IndexOf('+', StringComparison.Ordinal);
        if (plus > 0)
        {
            if (!TryAddress(text.AsSpan(0, plus), out ulong start) || !TrySize(text.AsSpan(plus + 1), out ulong size) || size == 0 || start + (size - 1) < start)
                return false;
            range = new AddressRange(start, start + (size - 1));
            return true;
        }

        if (!TryAddress(text.AsSpan(0, dash > 0 ? dash : text.Length), out ulong first))
            return false;
        ulong last = first;
        if (dash > 0 && !TryAddress(text.AsSpan(dash + 1), out last))
            return false;
        range = new AddressRange(first, last);
        return last >= first;
    }

    private static bool TryAddress(ReadOnlySpan<char> text, out ulong address)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            text = text[2..];
        return ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address);
    }

    private static bool TrySize(ReadOnlySpan<char> text, out ulong size)
    {
        size = 0;
        if (text.IsEmpty)
            return false;
        int shift = text[^1] switch { 'K' or 'k' => 10, 'M' or 'm' => 20, 'G' or 'g' => 30, _ => 0 };
        if (shift > 0)
            text = text[..^1];
        bool ok = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out size)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size);
        if (!ok || size > ulong.MaxValue >> shift)
            return false;
        size <<= shift;
        return true;
    }
}
