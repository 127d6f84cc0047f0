namespace Handoff.Reports.Trace;

/// <summary>A row of bars, one column each.</summary>
internal static class Sparkline
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>Draws values; the highest one, or <paramref name="full"/> if that is higher, is a whole bar.</summary>
    public static string Draw(ReadOnlySpan<double> values, double full = 0)
    {
        foreach (double value in values)
            full = Math.Max(full, value);
        var text = new char[values.Length];
        for (int i = 0; i < values.Length; i++)
            text[i] = full <= 0 || values[i] <= 0 ? ' ' : Bars[Math.Clamp((int)Math.Ceiling(values[i] / full * Bars.Length) - 1, 0, Bars.Length - 1)];
        return new string(text);
    }

    /// <summary>Shrinks a series to some columns; each column shows the highest of its parts.</summary>
    public static double[] Highest(int columns, int parts, Func<int, double> value)
    {
        columns = Math.Max(1, Math.Min(columns, parts));
        var values = new double[columns];
        for (int part = 0; part < parts; part++)
        {
            int column = (int)((long)part * columns / parts);
            values[column] = Math.Max(values[column], value(part));
        }

        return values;
    }
}
