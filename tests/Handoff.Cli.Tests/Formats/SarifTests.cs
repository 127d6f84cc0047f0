using System.Text.Json;
using Handoff.Ownership;
using Handoff.Reports.Sarif;

namespace Handoff.Cli.Tests.Formats;

/// <summary><c>--format sarif</c> of <c>check</c> and <c>report</c>.</summary>
public sealed class SarifTests : IDisposable
{
    private readonly LitmusFolder _folder = new();

    [Fact]
    public void Findings_stand_at_their_statements()
    {
        var run = Run.Of("check", _folder.Path, "--kernel", "linux-6.4,linux-6.12", "--format", "sarif");
        Assert.Equal(ExitCode.BadInput, run.Code);
        var results = SarifChecker.Check(run.Out);
        Assert.Equal(
            [
                "DMA0030 differs.litmus:7:1", "stale differs.litmus:7:1",
                "DMA0030 good.litmus:7:1 suppressed at 9:1", "stale good.litmus:7:1 suppressed at 9:1",
                "expectation missing-verdict.litmus:5:1", "HL0005 broken.litmus:2:12",
            ],
            results.Where(result => Id(result) != "DMA0012").Select(Line));
        Assert.All(results.Where(result => Id(result) == "stale"), result => Assert.Equal("error", result.GetProperty("level").GetString()));
        Assert.Contains("Expected under linux-6.4, linux-6.12", Text(results.First(result => Line(result).StartsWith("stale good", StringComparison.Ordinal))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_verdict_has_the_steps_that_lead_to_it()
    {
        var stale = SarifChecker.Check(Run.Of("check", _folder.In("differs.litmus"), "--format", "sarif").Out).First(result => Id(result) == "stale");
        var steps = stale.GetProperty("codeFlows")[0].GetProperty("threadFlows")[0].GetProperty("locations").EnumerateArray()
            .Select(step => step.GetProperty("location").GetProperty("message").GetProperty("text").GetString()!).ToList();
        Assert.Contains(steps, static step => step.Contains("dma_map_single", StringComparison.Ordinal));
        Assert.Contains("reads b", steps[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Fingerprints_outlive_moved_lines_and_other_folders()
    {
        string before = Run.Of("check", _folder.In("differs.litmus"), "--format", "sarif").Out;
        Directory.CreateDirectory(_folder.In("elsewhere"));
        File.WriteAllText(_folder.In("elsewhere/differs.litmus"), "// moved\n\n\n" + File.ReadAllText(_folder.In("differs.litmus")));
        string after = Run.Of("check", _folder.In("elsewhere"), "--format", "sarif").Out;
        Assert.Equal(Fingerprints(before), Fingerprints(after));
        Assert.NotEmpty(Fingerprints(before));
        File.WriteAllText(_folder.In("differs.litmus"), File.ReadAllText(_folder.In("differs.litmus")).Replace("b.read()", "b.write(3)", StringComparison.Ordinal));
        Assert.NotEqual(Fingerprints(before), Fingerprints(Run.Of("check", _folder.In("differs.litmus"), "--format", "sarif").Out));
    }

    [Fact]
    public void Unknown_is_open_and_broken_is_told()
    {
        var open = SarifChecker.Check(Run.Of("check", _folder.In("differs.litmus"), "--max-states", "1", "--format", "sarif").Out);
        Assert.Contains(open, result => Id(result) == "inconclusive" && result.GetProperty("kind").GetString() == "open");

        File.WriteAllBytes(_folder.In("broken.litmus"), [0xff, 0xfe]);
        var run = Run.Of("check", _folder.In("broken.litmus"), "--format", "sarif");
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.Equal("unreadable", Id(Assert.Single(SarifChecker.Check(run.Out))));
        Assert.Contains("\"executionSuccessful\": false", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_with_strange_signs_are_good_references()
    {
        string strange = _folder.In("a b#c%d\u00e9?.litmus");
        File.Copy(_folder.In("differs.litmus"), strange);
        var results = SarifChecker.Check(Run.Of("check", strange, "--format", "sarif").Out);
        string uri = results[0].GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation").GetProperty("uri").GetString()!;
        Assert.Equal(strange, new Uri(uri).LocalPath);
        results = SarifChecker.Check(Run.Of(new Run.Settings(Input: File.ReadAllText(strange)), "check", "-", "--format", "sarif").Out);
        Assert.Equal("%3Cstdin%3E", results[0].GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation").GetProperty("uri").GetString());
    }

    [Theory]
    [InlineData("x86-force-512", "pool-full error", "bounces-forced note")]
    [InlineData("arm64-misuse-nc", "pool-full error", "DMA0005 error", "DMA0051 error", "allocation-failed warning", "DMA0040 warning")]
    public void Recordings_have_findings_too(string recording, params string[] first)
    {
        var run = Run.Of("report", $"{AppContext.BaseDirectory}/Recordings/{recording}", "--format", "sarif", "--no-replay");
        Assert.Equal(ExitCode.Differs, run.Code);
        var results = SarifChecker.Check(run.Out);
        Assert.Equal(first, results.Take(first.Length).Select(result => $"{Id(result)} {result.GetProperty("level").GetString()}"));
        Assert.NotEmpty(results[0].GetProperty("locations")[0].GetProperty("logicalLocations").EnumerateArray());
    }

    [Fact]
    public void Every_numbered_rule_has_the_text_of_its_page()
    {
        Assert.NotEmpty(FindingRules.All);
        foreach (var rule in FindingRules.All)
        {
            var written = SarifRules.Of(rule);
            Assert.Equal((rule.Id, rule.Title, rule.Hint), (written.Id, written.Title, written.Hint));
            Assert.Contains(rule.OnOtherMachines, written.Meaning, StringComparison.Ordinal);
            Assert.Equal(rule.Severity.ToString(), written.Level.ToString());
        }
    }

    [Theory]
    [InlineData("\"kind\": \"fail\"", "\"kind\": \"open\"")]
    [InlineData("\"ruleIndex\": 0", "\"ruleIndex\": 1")]
    [InlineData("\"startLine\": 7", "\"startLine\": 70")]
    [InlineData("\"message\": {", "\"massage\": {")]
    [InlineData("\"version\": \"2.1.0\"", "\"version\": \"2.0.0\"")]
    public void The_checker_can_fail(string right, string wrong)
    {
        string text = Run.Of("check", _folder.In("differs.litmus"), "--format", "sarif").Out;
        Assert.Contains(right, text, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(() => SarifChecker.Check(text.Replace(right, wrong, StringComparison.Ordinal)));
    }

    public void Dispose() => _folder.Dispose();

    private static string Id(JsonElement result) => result.GetProperty("ruleId").GetString()!;

    private static string Text(JsonElement result) => result.GetProperty("message").GetProperty("text").GetString()!;

    private static string Line(JsonElement result)
    {
        string line = $"{Id(result)} {Place(result.GetProperty("locations")[0], withFile: true)}";
        return result.TryGetProperty("suppressions", out var suppressions) ? $"{line} suppressed at {Place(suppressions[0].GetProperty("location"), withFile: false)}" : line;
    }

    private static string Place(JsonElement location, bool withFile)
    {
        var physical = location.GetProperty("physicalLocation");
        string file = Path.GetFileName(new Uri(physical.GetProperty("artifactLocation").GetProperty("uri").GetString()!).LocalPath);
        return physical.TryGetProperty("region", out var region) ? $"{(withFile ? file + ":" : "")}{region.GetProperty("startLine")}:{region.GetProperty("startColumn")}" : file;
    }

    private static string[] Fingerprints(string text) =>
        [.. SarifChecker.Check(text).SelectMany(result => result.GetProperty("partialFingerprints").EnumerateObject()).Select(each => each.Value.GetString()!)];
}
