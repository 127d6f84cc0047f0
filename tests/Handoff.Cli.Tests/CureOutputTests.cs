using System.Text.Json;
using Handoff.Litmus.Language;

namespace Handoff.Cli.Tests;

/// <summary>What would cure a test: in the story and in JSON.</summary>
public sealed class CureOutputTests
{
    private const string Skipped = """
        litmus "skip"
        machine { line 64; swiotlb 64M }
        device camera { dma_mask 32; noncoherent }
        buffer b = page(4K) above 4G;

        b.write(1);
        dma = dma_map_single(camera, b, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
        if (dma_mapping_error(camera, dma)) return;
        camera.read(dma);
        dma_unmap_single(camera, dma, DMA_TO_DEVICE);

        """;

    [Fact]
    public void The_story_ends_with_what_would_cure_it()
    {
        var run = Run.Of(new Run.Settings(Input: Skipped), "explain", "-");
        Assert.Contains("\nCure  without SKIP_CPU_SYNC on line 7: ok\nCure  with dma_sync_single_for_device before line 9: ok\n", run.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Differs, run.Code);
    }

    [Fact]
    public void What_is_ok_needs_no_cure()
    {
        var run = Run.Of(new Run.Settings(Input: Skipped.Replace(", DMA_ATTR_SKIP_CPU_SYNC", "", StringComparison.Ordinal)), "explain", "-");
        Assert.DoesNotContain("Cure", run.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.AsExpected, run.Code);
    }

    [Fact]
    public void It_is_said_when_nothing_simple_helps()
    {
        const string hopeless = "litmus \"t\"\nmachine { line 64 }\ndevice d { coherent; force_bounce no }\nbuffer b = page(64) below 4G;\nd.read(x);\nx = dma_map_single(d, b, DMA_TO_DEVICE);\n";
        Assert.Equal(ExitCode.BadInput, Run.Of(new Run.Settings(Input: hopeless), "explain", "-").Code); // names are checked first
        string large = $"litmus \"t\"\nmachine {{ line 64; swiotlb 1M }}\ndevice d {{ coherent; restricted_pool 1M }}\nbuffer b = pages(512K) below 4G;\nx = dma_map_single(d, b, DMA_TO_DEVICE);\nd.write(x[0..16]);\n";
        var run = Run.Of(new Run.Settings(Input: large), "explain", "-");
        Assert.Contains("Cure  nothing simple helps (", run.Out, StringComparison.Ordinal);
        Assert.Contains("alone and in pairs", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_edits_that_can_be_applied_and_the_numbers_of_rules()
    {
        var run = Run.Of(new Run.Settings(Input: Skipped), "check", "-", "--explain", "--json");
        using var json = JsonDocument.Parse(run.Out);
        var result = json.RootElement.GetProperty("tests")[0].GetProperty("results")[0];
        var cures = result.GetProperty("cures");
        Assert.True(cures.GetProperty("complete").GetBoolean());
        var cure = cures.GetProperty("list")[0];
        Assert.Equal("program", cure.GetProperty("kind").GetString());
        Assert.Equal("without SKIP_CPU_SYNC on line 7", cure.GetProperty("text").GetString());
        Assert.Equal(7, cure.GetProperty("line").GetInt32());
        string[] lines = Skipped.Split('\n');
        int Offset(int line, int column) => lines.Take(line - 1).Sum(l => l.Length + 1) + column - 1;
        string changed = TextEdit.Apply(Skipped, cure.GetProperty("edits").EnumerateArray().Select(e =>
        {
            int start = Offset(e.GetProperty("line").GetInt32(), e.GetProperty("column").GetInt32()), end = Offset(e.GetProperty("endLine").GetInt32(), e.GetProperty("endColumn").GetInt32());
            return new TextEdit(new SourceSpan(start, end - start), e.GetProperty("newText").GetString()!);
        }));
        Assert.Equal(ExitCode.AsExpected, Run.Of(new Run.Settings(Input: changed), "check", "-").Code);

        string broken = Skipped.Replace("camera.read(dma);", "b.write(2); camera.read(dma);", StringComparison.Ordinal).Replace(", DMA_ATTR_SKIP_CPU_SYNC", "", StringComparison.Ordinal);
        using var second = JsonDocument.Parse(Run.Of(new Run.Settings(Input: broken), "check", "-", "--json").Out);
        var rule = second.RootElement.GetProperty("tests")[0].GetProperty("results")[0].GetProperty("machines")[0].GetProperty("findings")[0].GetProperty("rule");
        Assert.Equal("DMA0031", rule.GetProperty("id").GetString());
        Assert.Equal("error", rule.GetProperty("severity").GetString());
        Assert.Contains("Sync for the CPU", rule.GetProperty("hint").GetString(), StringComparison.Ordinal);
    }
}
