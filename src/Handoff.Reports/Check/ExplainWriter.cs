using Handoff.Reports.Text;

namespace Handoff.Reports.Check;

/// <summary>The stories behind verdicts, as text.</summary>
public static class ExplainWriter
{
    /// <summary>Writes every test's stories.</summary>
    public static void Write(CheckReport report, Ink ink, int width)
    {
        foreach (var test in report.Tests)
        foreach (var cell in test.Cells)
        {
            ink.WriteLine($"{test.Name} {cell.Kernel} {cell.Word}");
            foreach (var v in cell.Result.Variants)
            {
                ink.WriteLine("  " + VerdictText.Name(v.Machine) + ": " + string.Join(", ", v.Verdicts.Select(x => VerdictText.Name(x.Verdict) + " " + VerdictText.Name(x.Frequency))));
                foreach (var f in v.Findings) ink.WriteLine("    finding " + f.Verdict + " " + f.Message + " line " + test.Source.LineOf(f.Span));
                foreach (var s in v.Stories)
                {
                    ink.WriteLine("    story " + s.Verdict);
                    foreach (var step in s.Steps)
                        ink.WriteLine($"      {step.Actor} | {step.Text} | {step.Reason} | {(step.Span == default ? "" : test.Source.LineOf(step.Span).ToString(System.Globalization.CultureInfo.InvariantCulture))} | {string.Join("; ", step.Cells.Select(c => $"{c.Name}: {c.Dram}/{c.Cache}{(c.Dirty ? "*" : "")}"))}");
                }
            }
        }
    }
}
