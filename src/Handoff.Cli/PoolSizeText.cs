using System.Globalization;
using Handoff.Swiotlb;

namespace Handoff.Cli;

/// <summary>A pool size as users write it.</summary>
/// <param name="Slots">Slots; <see langword="null"/> for the other forms.</param>
/// <param name="Fraction">Share of the most slots the load ever needs at once; <see langword="null"/> for the other forms.</param>
/// <param name="IsDefault">What the kernel makes by itself.</param>
internal readonly record struct PoolSizeText(uint? Slots, double? Fraction, bool IsDefault)
{
    private const ulong Largest = 16UL << 30; // no boot code finds so much contiguous memory where pools have to lie

    /// <summary>Reads sizes separated by commas.</summary>
    /// <exception cref="UserErrorException">One of them is no size.</exception>
    public static IReadOnlyList<PoolSizeText> ParseList(string option, string text) => [.. text.Split(',').Select(item => Parse(option, item.Trim()))];

    private static PoolSizeText Parse(string option, string text)
    {
        if (text == "default")
            return new(null, null, true);
        if (text.EndsWith('%') && TryNumber(text[..^1], out double percent))
            return Fractional(option, text, percent / 100);
        if (text.Split('/') is [var numerator, var denominator] && TryNumber(numerator, out double over) && TryNumber(denominator, out double under) && under > 0)
            return Fractional(option, text, over / under);
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hex) ? OfSlots(option, text, hex) : throw Wrong(option, text);
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong slots))
            return OfSlots(option, text, slots);
        if (TryNumber(text, out double fraction))
            return Fractional(option, text, fraction);

        string digits = text.TrimEnd('b', 'B', 'i', 'k', 'K', 'm', 'M', 'g', 'G');
        int shift = text[digits.Length..].ToUpperInvariant() switch
        {
            "K" or "KB" or "KIB" => 10,
            "M" or "MB" or "MIB" => 20,
            "G" or "GB" or "GIB" => 30,
            _ => -1,
        };
        if (shift < 0 || !TryNumber(digits, out double count))
            throw Wrong(option, text);
        double bytes = count * (1UL << shift);
        return bytes <= Largest ? OfSlots(option, text, (ulong)Math.Ceiling(bytes / SwiotlbConstants.SlotSize)) : throw TooLarge(option, text);
    }

    private static PoolSizeText OfSlots(string option, string text, ulong slots)
    {
        if (slots == 0)
            throw new UserErrorException(ExitCode.Usage, $"{option}: '{text}' is no slot at all", "to do without a pool, write --bounce never");
        return slots <= Largest >> SwiotlbConstants.SlotShift ? new((uint)slots, null, false) : throw TooLarge(option, text);
    }

    private static PoolSizeText Fractional(string option, string text, double fraction) =>
        fraction is > 0 and <= 1000 ? new(null, fraction, false) : throw Wrong(option, text);

    private static bool TryNumber(string text, out double number) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);

    private static UserErrorException Wrong(string option, string text) => new(
        ExitCode.Usage, $"{option}: '{text}' is no pool size", "write bytes like 64M, slots like 32768 or 0x8000, a share of the load's own peak like 150%, or default");

    private static UserErrorException TooLarge(string option, string text) => new(ExitCode.Usage, $"{option}: '{text}' is more than any kernel makes", "16G at most");
}
