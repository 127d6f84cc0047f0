using System.Globalization;

namespace Handoff.Reports.Text;

/// <summary>Numbers of bytes as people read them, in binary units.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary><c>512 B</c>, <c>4 KiB</c>, <c>3.4 MiB</c>, <c>64 MiB</c>: at most one digit after the point, none where it is 0 or the number is above 100.</summary>
    public static string Of(ulong bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= 1023.95 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string number = value.ToString(value < 99.95 ? "0.#" : "0", CultureInfo.InvariantCulture);
        return $"{number} {Units[unit]}";
    }
}
