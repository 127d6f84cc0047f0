using System.Globalization;
using System.Text;

namespace Handoff.Conformance.Recordings.Verdicts;

/// <summary>Writes verdicts as a table, with reasons and the first differences below it.</summary>
internal static class VerdictText
{
    private static readonly string[] s_titles = ["recording", "cases", "identical", "explained", "wrong", "not covered"];

    public static void Write(IReadOnlyList<RecordingVerdict> verdicts, Stream output)
    {
        using var text = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        WriteTable(verdicts, text);
        foreach (RecordingVerdict verdict in verdicts)
            WriteDetails(verdict, text);
        foreach (RecordingVerdict verdict in verdicts)
            WriteDifferences(verdict, text);
    }

    private static void WriteTable(IReadOnlyList<RecordingVerdict> verdicts, TextWriter text)
    {
        var rows = new List<string[]> { s_titles };
        rows.AddRange(verdicts.Select(static v => Row(v.Name, v.Cases, v.Identical, v.Explained, v.Wrong, v.NotCovered)));
        if (verdicts.Count > 1)
        {
            rows.Add(Row(
                "all", verdicts.Sum(static v => v.Cases), verdicts.Sum(static v => v.Identical), verdicts.Sum(static v => v.Explained), verdicts.Sum(static v => v.Wrong), verdicts.Sum(static v => v.NotCovered)));
        }

        int[] widths = [.. Enumerable.Range(0, s_titles.Length).Select(i => rows.Max(r => r[i].Length))];
        foreach (string[] row in rows)
            text.WriteLine(string.Join("  ", row.Select((cell, i) => i == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[i]))).TrimEnd());
    }

    private static string[] Row(string name, params long[] counts) => [name, .. counts.Select(static c => c.ToString(CultureInfo.InvariantCulture))];

    private static void WriteDetails(RecordingVerdict verdict, TextWriter text)
    {
        if (verdict.Reasons.Count + verdict.Notes.Count == 0)
            return;
        text.WriteLine();
        text.WriteLine($"{verdict.Name}:");
        foreach ((string reason, long count) in verdict.Reasons)
            text.WriteLine($"  explained {count}: {reason}");
        foreach ((string note, long count) in verdict.Notes)
            text.WriteLine(count == 1 ? $"  {note}" : $"  {count} times: {note}");
    }

    private static void WriteDifferences(RecordingVerdict verdict, TextWriter text)
    {
        if (verdict.Differences.Count == 0)
            return;
        text.WriteLine();
        text.WriteLine(verdict.Differences.Count < verdict.Wrong ? $"{verdict.Name}: the first {verdict.Differences.Count} of {verdict.Wrong} wrong:" : $"{verdict.Name}: wrong:");
        foreach (Difference difference in verdict.Differences)
        {
            text.WriteLine($"  {difference.Place} ({difference.Kind})");
            text.WriteLine($"    expected {difference.Expected}");
            text.WriteLine($"    got      {difference.Got}");
        }
    }
}
