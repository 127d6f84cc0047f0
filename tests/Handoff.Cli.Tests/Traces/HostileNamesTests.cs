namespace Handoff.Cli.Tests.Traces;

/// <summary>Names in recordings that somebody chose on purpose.</summary>
public sealed class HostileNamesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-names-").FullName;

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+cmd", "'+cmd")]
    [InlineData("-2", "'-2")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("=HYPERLINK(\"x\"\"y\")", "\"'=HYPERLINK(\"\"x\"\"\"\"y\"\")\"")]
    [InlineData("nic=1", "nic=1")]
    public void Names_are_no_formulas_in_tables(string name, string cell)
    {
        string path = Trace($"dma_map_page: {name} dir=TO_DEVICE dma_addr=1000 size=16 phys_addr=1000 attrs=");
        string line = Run.Of("dump", path, "--csv").Out.Split('\n')[1];
        Assert.Contains($",dma_map_page,map_page,{cell},TO_DEVICE,", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_that_no_size_serves_needs_some_pool_all_the_same()
    {
        string path = Trace("swiotlb_bounced: dev_name: nic dma_mask=ffffffff dev_addr=102000000 size=300000 NORMAL", "dma_map_page: nic dir=TO_DEVICE dma_addr=ffffffffffffffff size=300000 phys_addr=102000000 attrs=");
        var run = Run.Of("size", path);
        Assert.Equal(ExitCode.Differs, run.Code);
        Assert.Contains("Nothing of this load ever gets a place in a pool", run.Out, StringComparison.Ordinal);
        Assert.Contains("no size helps against", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("No pool is needed", run.Out, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Trace(params string[] events)
    {
        string path = Path.Combine(_directory, "trace.txt");
        File.WriteAllText(path, string.Concat(events.Select(static (text, i) => $"  init-1     [000] d..2.   1.00012{i}: {text}\n")));
        return path;
    }
}
