using System.Text.Json;

namespace Handoff.Cli.Tests.Traces;

/// <summary>What is live is not known where the events of some CPU are missing: no report shows a figure for it.</summary>
public sealed class CutLevelsTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public CutLevelsTests()
    {
        byte[] whole = File.ReadAllBytes(TraceFiles.Dat);
        File.WriteAllBytes(_path, whole[..(whole.Length * 93 / 100)]);
    }

    [Fact]
    public void Tables_show_a_question_mark()
    {
        string report = Run.Of("report", _path, "--no-replay").Out;
        string[] lines = report.Split('\n');
        int lives = Array.FindIndex(lines, static line => line.StartsWith("lives ", StringComparison.Ordinal));
        Assert.True(lives > 0, report);
        Assert.Matches(@" \?( |$)", lines[lives + 1]);

        report = Run.Of("report", TraceFiles.Dat, "--no-replay").Out;
        Assert.DoesNotContain(" ?", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_null()
    {
        using var whole = JsonDocument.Parse(Run.Of("report", TraceFiles.Dat, "--no-replay", "--json").Out);
        using var cut = JsonDocument.Parse(Run.Of("report", _path, "--no-replay", "--json").Out);
        foreach ((JsonDocument report, bool known) in ((JsonDocument, bool)[])[(whole, true), (cut, false)])
        {
            JsonElement root = report.RootElement;
            Assert.Equal(!known, root.GetProperty("recording").TryGetProperty("partialFrom", out _));
            var kind = known ? JsonValueKind.Number : JsonValueKind.Null;
            Assert.Equal(kind, root.GetProperty("recording").GetProperty("liveAtEnd").ValueKind);
            foreach (JsonElement device in root.GetProperty("devices").EnumerateArray())
            {
                Assert.Equal(kind, device.GetProperty("live").GetProperty("atEnd").ValueKind);
                Assert.Equal(kind, device.GetProperty("memory").GetProperty("bytesAtEnd").ValueKind);
                Assert.Equal(kind, device.GetProperty("bounces").GetProperty("slotsAtEnd").ValueKind);
                Assert.Equal(kind, device.GetProperty("live").GetProperty("mostOverTime").EnumerateArray().Last().ValueKind);
                Assert.Equal(kind, device.GetProperty("bounces").GetProperty("mostSlotsOverTime").EnumerateArray().Last().ValueKind);
            }

            foreach (JsonElement pool in root.GetProperty("pools").EnumerateArray())
                Assert.Equal(kind, pool.GetProperty("slotsAtEnd").ValueKind);
        }
    }

    [Fact]
    public void A_comparison_leaves_it_out()
    {
        Assert.DoesNotContain("liveAtEnd", Run.Of("diff", TraceFiles.Dat, _path, "--json").Out, StringComparison.Ordinal);
        Assert.Contains("liveAtEnd", Run.Of("diff", TraceFiles.Dat, TraceFiles.Dat, "--json").Out, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_path);
}
