using Handoff.Reports.Trace;
using Handoff.Tracing.Findings;

namespace Handoff.Reports.Sarif;

/// <summary>What <c>report</c> found as SARIF 2.1.0: places are the recording and the devices in it.</summary>
public static class TraceSarifWriter
{
    /// <summary>Writes the report and a line feed.</summary>
    /// <param name="report">The report.</param>
    /// <param name="path">The recording as named on the command line.</param>
    /// <param name="version">Version of the program, as SemVer.</param>
    /// <param name="output">Where to.</param>
    public static void Write(TraceReport report, string path, string version, Stream output)
    {
        var place = new SarifPlace(path, null, default);
        SarifWriter.Write(new SarifRun(version, "report", !report.Analysis.IsInterrupted, [path], [.. report.Findings.Select(finding => Result(report, finding, place))]), output);
    }

    private static SarifResult Result(TraceReport report, TraceFinding finding, SarifPlace place)
    {
        var properties = new List<(string, IReadOnlyList<string>)> { ("confidence", [finding.Confidence.ToString().ToLowerInvariant()]) };
        if (finding.Evidence.Count > 0)
            properties.Add(("evidence", finding.Evidence));
        if (finding.Cures.Count > 0)
            properties.Add(("cures", [.. finding.Cures.Select(static cure => cure.Text)]));
        string[] parts = [finding.Title + ".", .. finding.Why, .. finding.Cures.Select(static cure => cure.Parameter is { } parameter ? $"Try {parameter}: {cure.Text}" : $"Try: {cure.Text}")];
        return new SarifResult
        {
            Rule = SarifRules.OfRecording(finding.Id, finding.Severity),
            // What does not make the exit code 1 is worth knowing, no more.
            Level = finding.IsWrong ? SarifRules.Level(finding.Severity) : SarifLevel.Note,
            Text = string.Join(' ', parts),
            Place = place,
            Devices = [.. finding.Devices.Select(report.Label)],
            Identity = string.Join('\n', [finding.Id, .. finding.Devices.Order(StringComparer.Ordinal)]),
            Properties = properties,
        };
    }
}
