using System.Text.Json;
using Handoff.Litmus;
using Handoff.Litmus.Language;
using Handoff.Litmus.Witnesses;
using Handoff.Ownership;
using Handoff.Reports.Text;

namespace Handoff.Reports.Check;

/// <summary>The report as JSON, for programs. The schema's name changes when a member changes its meaning or goes; new members may come.</summary>
public static class CheckJsonWriter
{
    /// <summary>Name and version of the schema.</summary>
    public const string Schema = "handoff-check/1";

    /// <summary>Writes the report and a line feed.</summary>
    public static void Write(CheckReport report, Stream output) => JsonText.Write(output, Schema, json => Members(json, report));

    private static void Members(Utf8JsonWriter json, CheckReport report)
    {
        json.WriteStartArray("kernels");
        foreach (var kernel in report.Kernels)
        {
            json.WriteStartObject();
            json.WriteString("name", kernel.Name);
            json.WriteString("description", kernel.Description);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (report.On is { } machine)
            json.WriteString("on", machine.Name);
        json.WriteStartArray("tests");
        foreach (var test in report.Tests)
            Write(json, test);
        json.WriteEndArray();
        json.WriteStartObject("totals");
        json.WriteNumber("asExpected", report.Count(CellState.AsExpected));
        json.WriteNumber("differ", report.Count(CellState.Differs));
        json.WriteNumber("inconclusive", report.Count(CellState.Inconclusive));
        json.WriteNumber("notApplicable", report.Count(CellState.NotApplicable));
        json.WriteNumber("states", report.States);
        json.WriteNumber("milliseconds", Math.Round(report.Elapsed.TotalMilliseconds, 3));
        json.WriteEndObject();
        if (report.EndedEarly is { } why)
            json.WriteString("endedEarly", why);
    }

    private static void Write(Utf8JsonWriter json, CheckedTest test)
    {
        json.WriteStartObject();
        json.WriteString("name", test.Name);
        json.WriteString("path", test.Source.Path);
        json.WriteString("title", test.Test.Title.Value);
        json.WriteStartArray("results");
        foreach (var cell in test.Cells)
        {
            json.WriteStartObject();
            json.WriteString("kernel", cell.Kernel.Name);
            json.WriteString("state", cell.State switch
            {
                CellState.AsExpected => "asExpected",
                CellState.Differs => "differs",
                CellState.Inconclusive => "inconclusive",
                _ => "notApplicable",
            });
            json.WriteString("verdict", VerdictText.Name(cell.Gravest));
            WriteStrings(json, "mismatches", cell.Mismatches);
            Write(json, cell.Result.Verdicts);
            json.WriteStartArray("machines");
            foreach (var variant in cell.Result.Variants)
                Write(json, test.Source, variant);
            json.WriteEndArray();
            if (cell.Cures is { } cures)
                CheckJsonCures.Write(json, test.Source, cures);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SourceText source, VariantResult variant)
    {
        json.WriteStartObject();
        json.WriteBoolean("coherent", variant.Machine.Coherent);
        json.WriteBoolean("outOfReach", variant.Machine.NeedsBounce);
        json.WriteBoolean("forced", variant.Machine.ForceBounce);
        json.WriteNumber("line", variant.Machine.Line);
        json.WriteString("search", SearchText.Name(variant.Outcome));
        Write(json, variant.Verdicts);
        json.WriteStartArray("findings");
        foreach (var finding in variant.Findings)
        {
            json.WriteStartObject();
            json.WriteString("verdict", VerdictText.Name(finding.Verdict));
            json.WriteString("message", finding.Message);
            if (finding.Rule is { } rule)
            {
                json.WriteStartObject("rule");
                json.WriteString("id", rule.Id);
                json.WriteString("title", rule.Title);
                json.WriteString("severity", rule.Severity switch { FindingSeverity.Error => "error", FindingSeverity.Warning => "warning", _ => "note" });
                json.WriteString("onOtherMachines", rule.OnOtherMachines);
                json.WriteString("hint", rule.Hint);
                json.WriteEndObject();
            }

            WritePlace(json, source, finding.Span);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (variant.Stories.Count > 0)
        {
            json.WriteStartArray("stories");
            foreach (var story in variant.Stories)
                Write(json, source, story);
            json.WriteEndArray();
        }

        json.WriteNumber("states", variant.States);
        json.WriteNumber("transitions", variant.Transitions);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SourceText source, Story story)
    {
        json.WriteStartObject();
        json.WriteString("verdict", VerdictText.Name(story.Verdict));
        json.WriteStartArray("steps");
        foreach (var step in story.Steps)
        {
            json.WriteStartObject();
            json.WriteString("actor", step.Actor);
            json.WriteString("text", step.Text);
            if (step.Reason is { } reason)
                json.WriteString("reason", reason);
            if (step.Span != default)
                WritePlace(json, source, step.Span);
            json.WriteStartArray("cells");
            foreach (StoryCell cell in step.Cells)
                cell.WriteTo(json);

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, IEnumerable<VerdictResult> verdicts)
    {
        json.WriteStartArray("verdicts");
        foreach (var verdict in verdicts)
        {
            json.WriteStartObject();
            json.WriteString("verdict", VerdictText.Name(verdict.Verdict));
            json.WriteString("frequency", VerdictText.Name(verdict.Frequency));
            if (verdict.Errors.Count > 0)
                WriteStrings(json, "errors", verdict.Errors.Select(error => error.KernelName()));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    internal static void WritePlace(Utf8JsonWriter json, SourceText source, SourceSpan span)
    {
        var position = source.PositionOf(span.Start);
        json.WriteNumber("line", position.Line);
        json.WriteNumber("column", position.Column);
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
