using System.Globalization;
using System.Numerics;

namespace Handoff.Swiotlb;

/// <summary>What <c>swiotlb=</c> on the kernel command line asks for.</summary>
/// <param name="Slots">Pool size in slots as given, aligned to a segment; <see langword="null"/> if not given.</param>
/// <param name="Areas">Number of areas as given; <see langword="null"/> if not given.</param>
/// <param name="Force">Every mapping bounces.</param>
/// <param name="NoForce">No pool is made.</param>
/// <remarks>Kernel: <c>setup_io_tlb_npages()</c>, <c>swiotlb_adjust_nareas()</c> and relatives, 6.12.</remarks>
public sealed record SwiotlbParameter(uint? Slots, int? Areas, bool Force, bool NoForce)
{
    /// <summary>Stands for every larger number: no machine has room for such a pool, and sizes that fail are halved anyway.</summary>
    private const ulong MostSlots = 1 << 30, MostAreas = 1 << 20;

    /// <summary>Reads <c>[slabs][,][areas][,][force|noforce]</c> as the kernel does: anything else is ignored silently.</summary>
    /// <param name="text">The text after <c>swiotlb=</c>.</param>
    public static SwiotlbParameter Parse(string text)
    {
        ReadOnlySpan<char> rest = text;
        uint? slots = null;
        int? areas = null;
        if (StartsWithDigit(rest))
            slots = (uint)Align.Up(Math.Min(ReadNumber(ref rest), MostSlots), SwiotlbConstants.SegmentSlots);
        SkipComma(ref rest);
        if (StartsWithDigit(rest))
            areas = (int)Math.Min(ReadNumber(ref rest), MostAreas);
        SkipComma(ref rest);
        return new SwiotlbParameter(slots, areas, Force: rest is "force", NoForce: rest is "noforce");
    }

    /// <summary>The number of areas that a count means: at least 1, rounded up to a power of two.</summary>
    public static int RoundAreas(int areas) => areas <= 0 ? 1 : (int)BitOperations.RoundUpToPowerOf2((uint)areas);

    /// <summary>Slots after the area rule: a power of two, and a segment per area at least. Kernel: <c>round_up_default_nslabs()</c>.</summary>
    public static uint RoundSlots(uint slots, int areas)
    {
        uint least = SwiotlbConstants.SegmentSlots * (uint)areas;
        return BitOperations.RoundUpToPowerOf2(Math.Max(slots, least));
    }

    /// <summary>Areas that a pool of this size can have. Kernel: <c>limit_nareas()</c>.</summary>
    public static int LimitAreas(int areas, int slots) =>
        slots < SwiotlbConstants.SegmentSlots * areas ? Math.Max(1, slots / SwiotlbConstants.SegmentSlots) : areas;

    private static bool StartsWithDigit(ReadOnlySpan<char> text) => !text.IsEmpty && char.IsAsciiDigit(text[0]);

    private static void SkipComma(ref ReadOnlySpan<char> text)
    {
        if (!text.IsEmpty && text[0] == ',')
            text = text[1..];
    }

    /// <summary>Reads decimal, octal (leading 0) or hexadecimal (0x) digits. Kernel: <c>simple_strtoul()</c> with base 0.</summary>
    private static ulong ReadNumber(ref ReadOnlySpan<char> text)
    {
        uint radix = 10;
        if (text.Length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x' && char.IsAsciiHexDigit(text[2]))
        {
            radix = 16;
            text = text[2..];
        }
        else if (text[0] == '0')
        {
            radix = 8;
        }

        ulong value = 0;
        while (!text.IsEmpty && char.IsAsciiHexDigit(text[0])
            && uint.Parse(text[..1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var digit && digit < radix)
        {
            value = unchecked((value * radix) + digit);
            text = text[1..];
        }

        return value;
    }
}
