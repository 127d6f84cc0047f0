namespace Handoff.Reports.Text;

/// <summary>Horizontal bars of eighths of a column, each with a name before and a value after it.</summary>
public static class BarChart
{
    private const string Eighths = " ▏▎▍▌▋▊▉";
    private const int Indent = 2, Gap = 2, Narrowest = 8;

    /// <summary>Writes the bars.</summary>
    /// <param name="ink">Where to.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="rows">Name, length, value as text, and tone of each bar.</param>
    public static void Write(Ink ink, int width, IReadOnlyList<(string Name, double Length, string Value, Tone Tone)> rows)
    {
        if (rows.Count == 0)
            return;
        int names = rows.Max(static row => TextWidth.Of(row.Name)), values = rows.Max(static row => TextWidth.Of(row.Value));
        int columns = Math.Clamp(width - Indent - names - Gap - Gap - values, Narrowest, 40);
        double longest = Math.Max(rows.Max(static row => row.Length), double.Epsilon);
        foreach (var (name, length, value, tone) in rows)
        {
            string bar = Bar(length / longest * columns);
            ink.Write(new string(' ', Indent + names - TextWidth.Of(name))).Write(name).Write(new string(' ', Gap)).Write(bar, tone);
            ink.Write(new string(' ', columns - bar.Length + Gap + values - TextWidth.Of(value))).WriteLine(value, tone);
        }
    }

    /// <summary>A bar; what is more than nothing shows.</summary>
    private static string Bar(double columns)
    {
        int eighths = columns <= 0 ? 0 : Math.Max(1, (int)Math.Round(columns * 8));
        string bar = new('█', eighths / 8);
        return eighths % 8 == 0 ? bar : bar + Eighths[eighths % 8];
    }
}
