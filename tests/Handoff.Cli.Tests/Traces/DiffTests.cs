using System.Text.Json;

namespace Handoff.Cli.Tests.Traces;

public sealed class DiffTests : IDisposable
{
    private const string Before =
        "a-1 [000] ..... 1.000000: swiotlb_bounced: dev_name: nic dma_mask=ffffffff dev_addr=140000000 size=4096 NORMAL\n" +
        "a-1 [000] ..... 1.000001: dma_map_page: nic dir=TO_DEVICE dma_addr=fa000000 size=4096 phys_addr=140000000 attrs=\n" +
        "a-1 [000] ..... 1.000003: dma_unmap_page: nic dir=TO_DEVICE dma_addr=fa000000 size=4096 attrs=\n" +
        "a-1 [000] ..... 1.000004: dma_map_page: old dir=TO_DEVICE dma_addr=1000 size=100 phys_addr=1000 attrs=\n" +
        "a-1 [000] ..... 2.000000: dma_unmap_page: old dir=TO_DEVICE dma_addr=1000 size=100 attrs=\n";

    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-diff-").FullName;

    [Fact]
    public void A_recording_does_not_differ_from_itself_in_another_format()
    {
        var run = Run.Of("diff", TraceFiles.Dat, TraceFiles.Six);
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        Assert.Contains("no difference", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void What_changed_is_told_in_numbers()
    {
        string before = Write("before.txt", Before);
        // The nic got a 64-bit mask: no bounce. Another device came, the old one is gone, and a map fails.
        string after = Write("after.txt",
            "a-1 [000] ..... 1.000001: dma_map_page: nic dir=TO_DEVICE dma_addr=140000000 size=4096 phys_addr=140000000 attrs=\n" +
            "a-1 [000] ..... 1.000003: dma_unmap_page: nic dir=TO_DEVICE dma_addr=140000000 size=4096 attrs=\n" +
            "a-1 [000] ..... 1.000004: dma_map_page: new dir=TO_DEVICE dma_addr=ffffffffffffffff size=100 phys_addr=1000 attrs=\n" +
            "a-1 [000] ..... 2.000000: dma_map_page: new dir=TO_DEVICE dma_addr=2000 size=100 phys_addr=2000 attrs=\n" +
            "a-1 [000] ..... 2.000001: dma_unmap_page: new dir=TO_DEVICE dma_addr=2000 size=100 attrs=\n");
        var run = Run.Of("diff", before, after, "--json");
        Assert.Equal((ExitCode.Differs, ""), (run.Code, run.Error));
        using var json = JsonDocument.Parse(run.Out);
        var root = json.RootElement;
        Assert.Equal("handoff-diff/1", root.GetProperty("schema").GetString());
        Assert.False(root.GetProperty("same").GetBoolean());
        Assert.Equal((0.5, 0), Figure(root.GetProperty("load").GetProperty("bouncedShare")));
        Assert.Equal((0, 1), Figure(root.GetProperty("load").GetProperty("failed")));
        Assert.Equal((2, 2), Figure(root.GetProperty("load").GetProperty("maps")));
        var states = root.GetProperty("devices").EnumerateArray().ToDictionary(static device => device.GetProperty("name").GetString()!, static device => device.GetProperty("state").GetString());
        Assert.Equal(("both", "gone", "new"), (states["nic"], states["old"], states["new"]));
        Assert.Contains(root.GetProperty("findings").EnumerateArray(), static finding => finding.GetProperty("state").GetString() == "new");

        string text = Run.Of("diff", before, after).Out;
        Assert.Matches("(?m)^new .*fail", text);
        Assert.Matches(@"(?m)^nic +1 +4 KiB +100 % → 0 %", text);
        Assert.Matches(@"(?m)^old +1 → –", text);
        Assert.Matches(@"(?m)^new +– → 1", text);
        Assert.Matches(@"(?m)^share of buffers bounced +50 % +0 % +−50 points$", text);
    }

    [Fact]
    public void Machines_are_compared_fact_by_fact()
    {
        string one = Bundle("one", "console=ttyS0 swiotlb=512,force quiet", 0x1f_ffff), two = Bundle("two", "console=ttyS0 quiet swiotlb=65536", 0x3f_ffff);
        var run = Run.Of("diff", one, two);
        Assert.Equal(ExitCode.Differs, run.Code);
        Assert.Matches(@"(?m)^  boot parameter +swiotlb=512,force → swiotlb=65536$", run.Out);
        Assert.Matches(@"(?m)^  memory +1 MiB → 3 MiB$", run.Out);
        Assert.DoesNotContain("quiet", run.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.AsExpected, Run.Of("diff", one, one).Code);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(200)]
    public void Tables_keep_within_the_terminal(int width)
    {
        var run = Run.Of(new Run.Settings(Width: width), "diff", TraceFiles.Dat, TraceFiles.Failing);
        Assert.Equal(ExitCode.Differs, run.Code);
        if (width >= 80)
            Assert.All(run.Out.Split('\n'), line => Assert.True(line.Length <= width || !line.Trim().Contains(' ', StringComparison.Ordinal), line) /* one long word */);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static (double Before, double After) Figure(JsonElement figure) => (figure.GetProperty("before").GetDouble(), figure.GetProperty("after").GetDouble());

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }

    private string Bundle(string name, string parameters, ulong end)
    {
        string directory = Path.Combine(_directory, name);
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "trace.txt"), Before);
        File.WriteAllText(Path.Combine(directory, "machine.txt"), $"## uname\nLinux box 6.12.117 #1 SMP aarch64 GNU/Linux\n## cmdline\n{parameters}\n## iomem\n00100000-{end:x8} : System RAM\n");
        return directory;
    }
}
