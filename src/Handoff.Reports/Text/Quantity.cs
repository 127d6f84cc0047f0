using System.Globalization;

namespace Handoff.Reports.Text;

/// <summary>Numbers as people read them.</summary>
public static class Quantity
{
    /// <summary><c>1 test</c>, <c>5 tests</c>, <c>12,345 states</c>.</summary>
    public static string Of(long count, string noun, string? plural = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? noun : plural ?? noun + "s")}");

    /// <summary><c>9 ms</c>, <c>1.4 s</c>, <c>2 min 5 s</c>.</summary>
    public static string Of(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 999.5 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:F0} ms"),
        < 59_950 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F1} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Round(time.TotalSeconds) / 60} min {(long)Math.Round(time.TotalSeconds) % 60} s"),
    };

    /// <summary><c>12</c>, <c>3.4 k</c>, <c>1.2 M</c>.</summary>
    public static string Short(double value) => value switch
    {
        < 1e3 => value.ToString("F0", CultureInfo.InvariantCulture),
        < 1e6 => (value / 1e3).ToString("F1", CultureInfo.InvariantCulture) + " k",
        < 1e9 => (value / 1e6).ToString("F1", CultureInfo.InvariantCulture) + " M",
        _ => (value / 1e9).ToString("F1", CultureInfo.InvariantCulture) + " G",
    };
}
