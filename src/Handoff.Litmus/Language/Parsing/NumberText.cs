using System.Globalization;

namespace Handoff.Litmus.Language;

/// <summary>Numbers as the language writes them.</summary>
internal static class NumberText
{
    /// <summary>A size with the largest suffix that keeps it whole.</summary>
    public static string Size(ulong value)
    {
        if (value != 0)
        {
            foreach ((int shift, char suffix) in new[] { (40, 'T'), (30, 'G'), (20, 'M'), (10, 'K') })
            {
                if ((value & ((1UL << shift) - 1)) == 0)
                    return (value >> shift).ToString(CultureInfo.InvariantCulture) + suffix;
            }
        }

        return value < 0x10000 ? value.ToString(CultureInfo.InvariantCulture) : Hex(value);
    }

    /// <summary>An address or mask.</summary>
    public static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
