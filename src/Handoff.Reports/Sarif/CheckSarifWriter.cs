using Handoff.Reports.Check;

namespace Handoff.Reports.Sarif;

/// <summary>What <c>check</c> found as SARIF 2.1.0: findings at the statements that lead to them, those that a test expects marked as suppressed in the source.</summary>
/// <remarks>Best with stories (<c>CheckOptions.Witnesses</c>): without, results of the search have no place but the test's title.</remarks>
public static class CheckSarifWriter
{
    /// <summary>Writes the report and a line feed.</summary>
    /// <param name="report">The report.</param>
    /// <param name="version">Version of the program, as SemVer.</param>
    /// <param name="output">Where to.</param>
    public static void Write(CheckReport report, string version, Stream output)
    {
        var results = new List<SarifResult>();
        foreach (var test in report.AsGiven)
            results.AddRange(new CheckSarifTest(test).Results());
        foreach (var test in report.Unusable)
            results.AddRange(Problems(test));
        string[] paths = [.. report.AsGiven.Select(test => test.Source.Path), .. report.Unusable.Select(test => test.Path)];
        SarifWriter.Write(new SarifRun(version, "check", report.EndedEarly is null && report.Unusable.Count == 0, paths, results), output);
    }

    private static IEnumerable<SarifResult> Problems(UnusableTest test)
    {
        if (test.Parsed is not { } parsed)
        {
            yield return new SarifResult
            {
                Rule = SarifRules.Unreadable,
                Level = SarifRules.Unreadable.Level,
                Text = test.Message,
                Place = new SarifPlace(test.Path, null, default),
                Identity = $"{test.Name}\n{SarifRules.Unreadable.Id}",
            };
            yield break;
        }

        foreach (var problem in parsed.Diagnostics)
        {
            var rule = SarifRules.Of(problem);
            yield return new SarifResult
            {
                Rule = rule,
                Level = rule.Level,
                Text = problem.Hint is { } hint ? $"{problem.Message}: {hint}" : problem.Message,
                Place = new SarifPlace(test.Path, parsed.Source, problem.Span),
                Identity = $"{test.Name}\n{rule.Id}\n{parsed.Source[problem.Span]}",
            };
        }
    }
}
