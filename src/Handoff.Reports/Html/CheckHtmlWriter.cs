using System.Text.Json;
using Handoff.Reports.Check;

namespace Handoff.Reports.Html;

/// <summary>What <c>check</c> found as one page: the table of verdicts, and every story as swim lanes to step through.</summary>
public static class CheckHtmlWriter
{
    /// <summary>Writes the page. Check with witnesses, or it has no stories.</summary>
    /// <param name="report">The report.</param>
    /// <param name="output">Where to, as UTF-8.</param>
    public static void Write(CheckReport report, Stream output)
    {
        using var json = new MemoryStream();
        CheckJsonWriter.Write(report, json);
        string title = report.Tests.Count == 1 ? $"handoff check · {report.Tests[0].Name}" : $"handoff check · {report.Tests.Count} tests";
        HtmlPage.Write(
            output, "check", title, CheckTextWriter.Totals(report), "handoff check --explain", ("report", json.ToArray()), ("sources", Sources(report)));
    }

    private static byte[] Sources(CheckReport report)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            foreach (CheckedTest test in report.Tests.DistinctBy(test => test.Source.Path))
                json.WriteString(test.Source.Path, test.Source.Text);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }
}
