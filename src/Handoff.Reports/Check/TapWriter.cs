using System.Text;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Language;

namespace Handoff.Reports.Check;

/// <summary>The report as KTAP or TAP: a test for each litmus test, and in it one for each kernel.</summary>
/// <remarks>
/// KTAP is what kernel CI reads (kunit.py, kselftest, KernelCI, LAVA). Both dialects: <c>SKIP</c> where no machine was left, and <c>not ok</c>
/// where the verdict is not the expected one, not known, or the test cannot be read.
/// </remarks>
public static class TapWriter
{
    private const string Indent = "    "; // what KUnit prints, and what TAP 14 asks for

    /// <summary>Writes the report.</summary>
    public static void Write(CheckReport report, TextWriter writer, TapFlavour flavour)
    {
        string version = flavour == TapFlavour.Ktap ? "KTAP version 1\n" : "TAP version 14\n";
        writer.Write(version);
        writer.Write($"1..{report.AsGiven.Count + report.Unusable.Count}\n");
        int number = 0;
        foreach (var test in report.AsGiven)
        {
            string name = Name(test.Name, flavour);
            writer.Write(flavour == TapFlavour.Ktap ? $"{Indent}{version}{Indent}# Subtest: {name}\n" : $"# Subtest: {name}\n");
            writer.Write($"{Indent}1..{test.Cells.Count}\n");
            for (int kernel = 0; kernel < test.Cells.Count; kernel++)
                Write(writer, flavour, test, kernel + 1, test.Cells[kernel]);
            bool ok = test.State is CellState.AsExpected or CellState.NotApplicable;
            string skip = test.State == CellState.NotApplicable ? " # SKIP no such machine" : "";
            writer.Write($"{(ok ? "ok" : "not ok")} {++number} {(flavour == TapFlavour.Tap14 ? "- " : "")}{name}{skip}\n");
        }

        foreach (var test in report.Unusable)
            Result(writer, flavour, "", ok: false, ++number, Name(test.Name, flavour), flavour == TapFlavour.Ktap ? " # ERROR cannot be used" : "", test.Problems);

        if (report.EndedEarly is { } why)
            writer.Write($"# ended early: {why}\n");
        writer.Write($"# Totals: pass:{report.Count(CellState.AsExpected)} fail:{report.Count(CellState.Differs)} xfail:0 xpass:0"
            + $" skip:{report.Count(CellState.NotApplicable)} error:{report.Count(CellState.Inconclusive) + report.Unusable.Count}\n");
    }

    private static void Write(TextWriter writer, TapFlavour flavour, CheckedTest test, int number, CheckedCell cell)
    {
        var comments = new List<string>(cell.Result.Verdicts.Select(each => $"{VerdictText.Name(each.Verdict)} {VerdictText.Name(each.Frequency)}"));
        string directive = "";
        switch (cell.State)
        {
            case CellState.NotApplicable:
                directive = " # SKIP no such machine";
                break;
            case CellState.Inconclusive:
                comments.Add(SearchText.Reason(cell.EndedBy));
                if (flavour == TapFlavour.Ktap)
                    directive = cell.EndedBy == ExplorationOutcome.Timeout ? " # TIMEOUT inconclusive" : " # ERROR inconclusive";
                break;
            case CellState.Differs:
                comments.AddRange(cell.Mismatches);
                comments.AddRange(cell.Result.Variants.SelectMany(machine => machine.Findings)
                    .Where(finding => finding.Verdict != Verdict.Ok)
                    .Select(finding => $"{test.Source.Path}:{test.Source.PositionOf(finding.Span.Start)}: {finding.Message}").Distinct());
                comments.Add(ExplainCommand.Of(test, cell));
                break;
        }

        Result(writer, flavour, Indent, cell.State is CellState.AsExpected or CellState.NotApplicable, number, Name(cell.Kernel.ShortName, flavour), directive, comments);
    }

    private static void Result(TextWriter writer, TapFlavour flavour, string indent, bool ok, int number, string name, string directive, IEnumerable<string> comments)
    {
        string about = string.Concat(comments.Select(text => $"{indent}# {OneLine(text)}\n"));
        string result = $"{indent}{(ok ? "ok" : "not ok")} {number} {(flavour == TapFlavour.Tap14 ? "- " : "")}{name}{directive}\n";
        writer.Write(flavour == TapFlavour.Ktap ? about + result : result + about);
    }

    // A # would begin a directive: TAP escapes it, KTAP has no way to.
    private static string Name(string text, TapFlavour flavour)
    {
        text = OneLine(text);
        return flavour == TapFlavour.Ktap
            ? text.Replace('#', '_')
            : text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("#", "\\#", StringComparison.Ordinal);
    }

    private static string OneLine(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (char sign in text)
            line.Append(char.IsControl(sign) ? '?' : sign);
        return line.ToString();
    }
}
