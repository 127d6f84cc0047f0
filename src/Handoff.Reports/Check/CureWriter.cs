using Handoff.Litmus.Cures;
using Handoff.Reports.Text;

namespace Handoff.Reports.Check;

/// <summary>What makes the difference: the changes after which nothing goes wrong, as text.</summary>
internal static class CureWriter
{
    private const string Label = "Cure  ";

    /// <summary>Writes the cures of a result, if anybody looked for any.</summary>
    public static void Write(CheckedCell cell, Ink ink, int width)
    {
        if (cell.Cures is not { } report)
            return;
        ink.WriteLine();
        foreach (var cure in report.Cures)
            WriteItem(ink, width, $"{cure.Text}: ok", Tone.Good);
        if (report.Cures.Count == 0)
            WriteItem(ink, width, Nothing(report), Tone.Muted);
        else if (report.Pairs)
            WriteItem(ink, width, "No single change helps.", Tone.Muted, "");
    }

    /// <summary>Why there is none, as a sentence.</summary>
    public static string Nothing(CureReport report)
    {
        if (report is { Tried: 0, Complete: true })
            return "none: the test has nothing that could be changed simply";
        string tried = $"{Quantity.Of(report.Tried, "change")} tried";
        if (!report.Complete)
            return $"none found ({tried}, then a bound was reached)";
        return $"nothing simple helps ({tried}{(report.Pairs ? ", alone and in pairs" : "")})";
    }

    private static void WriteItem(Ink ink, int width, string text, Tone tone, string label = Label)
    {
        foreach (string line in TextWidth.Wrap(text, width - Label.Length))
        {
            ink.Write(label.PadRight(Label.Length), Tone.Muted).WriteLine(line, tone);
            label = "";
        }
    }
}
