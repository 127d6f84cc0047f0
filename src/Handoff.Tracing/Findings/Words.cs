using System.Globalization;

namespace Handoff.Tracing.Findings;

/// <summary>Numbers as people read them, for sentences.</summary>
public static class Words
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary><c>512 B</c>, <c>4 KiB</c>, <c>3.1 MiB</c>.</summary>
    public static string Bytes(double bytes)
    {
        int unit = 0;
        while (bytes >= 1023.5 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        string format = bytes < 9.95 && Math.Abs(bytes - Math.Round(bytes)) >= 0.05 ? "F1" : "F0";
        return $"{bytes.ToString(format, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    /// <summary>A size exactly: <c>256 KiB</c>, but <c>262,145 bytes</c>.</summary>
    public static string Size(ulong bytes)
    {
        int unit = 0;
        ulong whole = bytes;
        while (whole >= 1024 && whole % 1024 == 0 && unit < Units.Length - 1)
        {
            whole /= 1024;
            unit++;
        }

        return unit == 0 ? Count((long)Math.Min(bytes, long.MaxValue), "byte") : $"{whole} {Units[unit]}";
    }

    /// <summary><c>4 KiB to 128 KiB</c>, or one size if both are the same.</summary>
    public static string Sizes(ulong smallest, ulong largest) => smallest == largest ? Size(smallest) : $"{Size(smallest)} to {Size(largest)}";

    /// <summary><c>1 map</c>, <c>7,479 maps</c>.</summary>
    public static string Count(long count, string noun, string? plural = null) => $"{Number(count)} {(count == 1 ? noun : plural ?? noun + "s")}";

    /// <summary><c>7,479</c>.</summary>
    public static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>80 µs</c>, <c>3.4 ms</c>, <c>0.4 s</c>, <c>61.6 s</c>.</summary>
    public static string Time(ulong nanoseconds) => nanoseconds switch
    {
        < 1_000_000 => $"{nanoseconds / 1e3:0} µs",
        < 100_000_000 => ((double)nanoseconds / 1e6).ToString("0.#", CultureInfo.InvariantCulture) + " ms",
        < 600_000_000_000 => ((double)nanoseconds / 1e9).ToString("0.0", CultureInfo.InvariantCulture) + " s",
        _ => ((double)nanoseconds / 60e9).ToString("0", CultureInfo.InvariantCulture) + " min",
    };

    /// <summary>A part of a whole: <c>98 %</c>, <c>0.3 %</c>, <c>&lt; 0.1 %</c>.</summary>
    public static string Percent(double part, double whole)
    {
        if (whole <= 0 || part <= 0)
            return "0 %";
        double percent = 100 * part / whole;
        if (percent < 0.1)
            return "< 0.1 %";
        if (percent < 9.95)
            return percent.ToString("0.#", CultureInfo.InvariantCulture) + " %";
        return (part < whole ? Math.Min(99, Math.Round(percent)) : 100).ToString("0", CultureInfo.InvariantCulture) + " %";
    }

    /// <summary><c>a</c>, <c>a and b</c>, <c>a, b and 3 more</c>.</summary>
    public static string List(IReadOnlyList<string> words, int most = 3)
    {
        if (words.Count == 0)
            return "";
        if (words.Count == 1)
            return words[0];
        if (words.Count <= most)
            return string.Join(", ", words.Take(words.Count - 1)) + " and " + words[^1];
        return string.Join(", ", words.Take(most - 1)) + $" and {words.Count - most + 1} more";
    }

    /// <summary><c>TO_DEVICE</c> and so on.</summary>
    public static string Direction(DmaDirection direction) => direction switch
    {
        DmaDirection.ToDevice => "TO_DEVICE",
        DmaDirection.FromDevice => "FROM_DEVICE",
        DmaDirection.Bidirectional => "BIDIRECTIONAL",
        _ => "NONE",
    };
}
