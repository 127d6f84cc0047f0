using System.Text.Json;

namespace Handoff.Cli.Tests;

/// <summary><c>handoff report</c> on shipped recordings.</summary>
public sealed class ReportTests
{
    private static readonly string Data = Find();

    [Fact]
    public void The_first_screen_says_what_is_wrong_why_and_what_to_do()
    {
        var run = Run.Of("report", Path.Combine(Data, "x86-force-512"));
        Assert.Equal(ExitCode.Differs, run.Code);
        Assert.Equal("", run.Error);
        string[] lines = run.Out.Split('\n');
        Assert.StartsWith("x86-force-512 · linux 6.12.117", lines[0], StringComparison.Ordinal);
        Assert.Contains("swiotlb=512,force", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("✗ 7,544 mappings failed: the bounce pool is too small for 2 devices", lines[3], StringComparison.Ordinal);
        Assert.EndsWith(" certain", lines[3], StringComparison.Ordinal);
        int table = run.Out.IndexOf("\ndevice ", StringComparison.Ordinal), cure = run.Out.IndexOf("Try  swiotlb=1024,force", StringComparison.Ordinal);
        Assert.InRange(cure, 1, table);
        Assert.Contains("Replayed: no\n         failure", run.Out, StringComparison.Ordinal);
        Assert.All(lines, static line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public void A_clean_recording_is_clean()
    {
        var run = Run.Of("report", Path.Combine(Data, "arm64-nc-small"));
        Assert.Equal(ExitCode.AsExpected, run.Code);
        Assert.DoesNotContain("✗", run.Out, StringComparison.Ordinal);
        Assert.Contains("✓ no failed map · no leak · no double unmap", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_says_the_same()
    {
        var run = Run.Of("report", Path.Combine(Data, "arm64-misuse-nc"), "--json");
        Assert.Equal(ExitCode.Differs, run.Code);
        using var document = JsonDocument.Parse(run.Out);
        var root = document.RootElement;
        Assert.Equal("handoff-report/1", root.GetProperty("schema").GetString());
        string[] wrong = [.. root.GetProperty("findings").EnumerateArray().Where(static f => f.GetProperty("wrong").GetBoolean()).Select(static f => f.GetProperty("id").GetString()!)];
        Assert.Equal(["pool-full", "DMA0005", "DMA0051", "allocation-failed", "DMA0040"], wrong);
        var replayed = root.GetProperty("findings")[0].GetProperty("cures")[0].GetProperty("replayed");
        Assert.Equal((65536, 0), (replayed.GetProperty("poolSlots").GetInt32(), replayed.GetProperty("failuresForWantOfSlots").GetInt32()));
        Assert.Equal(32768, root.GetProperty("pools")[0].GetProperty("highWaterSlots").GetInt32());
        var compared = root.GetProperty("replayOfRecordedMachine");
        Assert.Equal(compared.GetProperty("compared").GetInt64(), compared.GetProperty("sameOutcome").GetInt64());
    }

    [Fact]
    public void One_device_only()
    {
        var run = Run.Of("report", Path.Combine(Data, "x86-force-512"), "--device", "0000:00:04.0", "--no-replay");
        Assert.Equal(ExitCode.AsExpected, run.Code);
        Assert.Contains("xhci_hcd 0000:00:04.0", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("nvme 0000:00:02.0  14", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("is no device of this recording", "--device", "0000:00:99.0")]
    [InlineData("is no number of rows", "--top", "0")]
    [InlineData("is no number of rows", "--top", "many")]
    public void Wrong_options_are_explained(string message, string option, string value)
    {
        var run = Run.Of("report", Path.Combine(Data, "x86-force-512"), option, value);
        Assert.Equal((ExitCode.Usage, ""), (run.Code, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_recording_is_refused()
    {
        var nothing = Run.Of("report", Path.Combine(Data, "no-such-thing"));
        Assert.Equal((ExitCode.BadInput, ""), (nothing.Code, nothing.Out));
        var text = Run.Of(new Run.Settings(Input: "no trace at all\n"), "report", "-");
        Assert.Equal((ExitCode.BadInput, ""), (text.Code, text.Out));
        Assert.Contains("HT0002", text.Error, StringComparison.Ordinal);
        var empty = Run.Of(new Run.Settings(Input: ""), "report", "-");
        Assert.Equal(ExitCode.BadInput, empty.Code);
    }

    [Fact]
    public void Ctrl_C_shows_what_is_known()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var run = Run.Of(new Run.Settings(Cancelled: cancelled.Token), "report", Path.Combine(Data, "arm64-misuse-nc"));
        Assert.Equal(ExitCode.Inconclusive, run.Code);
        Assert.Contains("Reading was interrupted", run.Out, StringComparison.Ordinal);
    }

    private static string Find()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Handoff.slnx")))
            at = at.Parent;
        return Path.Combine(at!.FullName, "tests", "data");
    }
}
