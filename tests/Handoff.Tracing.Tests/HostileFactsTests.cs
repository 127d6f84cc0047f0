using System.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Tests.Findings;

namespace Handoff.Tracing.Tests;

/// <summary>Facts about machines that no machine has: each once took minutes, gigabytes, or ended in an exception.</summary>
public sealed class HostileFactsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-facts-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("#address-cells = <0x80000000>;\n#size-cells = <0x80000000>;", 1)] // both are damage: two cells an address, one a size
    [InlineData("#address-cells = <0>;\n#size-cells = <0>;", 3)]
    public void Windows_whose_cells_make_no_sense_do_no_harm(string cells, int windows)
    {
        MachineFacts facts = Facts("machine.dts", $"/ {{\npcie@1 {{\n{cells}\ndma-ranges = <1 2 3 4 5 6 7>;\n}};\n}};\n");
        Assert.Equal(windows, facts.RangesOf("0000:00:01.0").Length);
    }

    [Fact]
    public void Windows_without_cells_are_none()
    {
        MachineFacts facts = Facts("machine.dts", "/ {\n#address-cells = <0>;\npcie@1 {\n#address-cells = <0>;\n#size-cells = <0>;\ndma-ranges = <1 2 3>;\n};\n};\n");
        Assert.Empty(facts.RangesOf("0000:00:01.0"));
    }

    [Fact]
    public void A_device_tree_without_bottom_has_one()
    {
        MachineFacts facts = Facts("machine.dts", "/ {\n" + string.Concat(Enumerable.Repeat("a@1 {\n", 200_000)) + string.Concat(Enumerable.Repeat("};\n", 200_000)) + "b@2 {\ndma-coherent;\n};\n};\n");
        Assert.Equal(65, facts.DeviceTree!.All().Count()); // the root, 63 levels, and what follows them
        Assert.True(facts.IsCoherent("2.b"));
    }

    [Fact]
    public void A_value_that_goes_on_and_on_ends()
    {
        MachineFacts facts = Facts("machine.dts", "/ {\nx = <1>\n" + string.Concat(Enumerable.Repeat("<1>\n", 300_000)) + ";\nb@2 {\ndma-coherent;\n};\n};\n");
        Assert.InRange(facts.DeviceTree!.Cells("x").Count, 1000, 1 << 14);
        Assert.True(facts.IsCoherent("2.b"));
    }

    [Fact]
    public void More_restricted_pools_than_kernels_reserve_are_not_kept()
    {
        var text = new StringBuilder();
        for (ulong i = 0; i < 20_000; i++)
            text.Append($"Reserved memory: created restricted DMA pool at 0x{i << 34:x16}, size 16384 MiB\nOF: reserved mem: 0x{i << 34:x16}..0x{(i << 34) + 0x3_ffff_ffff:x16} (16777216 KiB) map non-reusable pool{i}\n");
        MachineFacts facts = Facts("dmesg.txt", text.ToString());
        Assert.Equal(64, facts.RestrictedPools.Length);
    }

    [Fact]
    public void Lines_without_end_are_left_out_and_said()
    {
        File.WriteAllText(Path.Combine(_directory, "probe.txt"), string.Concat(Enumerable.Repeat("HP dev HP x\n", 100)));
        MachineFacts facts = Facts("dmesg.txt", string.Concat(Enumerable.Repeat("SLUB: ", 100_000)) + "\nSLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=7, Nodes=1\r\n[  1] a.b: assigned reserved memory node pool@1\n[    0.0] Memory Encryption Features active: AMD SEV\n");
        Assert.Contains("dmesg.txt: 1 line of more than 64 Ki characters left out", facts.Diagnostics);
        Assert.Contains("probe.txt: and 80 more of these", facts.Diagnostics);
        Assert.Equal(22, facts.Diagnostics.Count);
        Assert.Equal(7, facts.Cpus);
        Assert.True(facts.IsEncryptedGuest);
    }

    [Fact]
    public void Number_of_processors_is_found_without_trying_every_beginning() => Assert.Equal(7, Facts("dmesg.txt", "SLUB: HWaling=64, CPUs=7, Nodes=1\n").Cpus);

    [Fact]
    public void Devices_without_number_share_one()
    {
        var trace = new TraceText();
        for (int i = 0; i < 1500; i++)
            trace.Map($"dev{i}", 0x1000_0000, 0x1000_0000, 4096);
        string text = trace.ToString();
        Assert.Equal(MappingFollower.FurtherDevices, Analyses.OfText(text).Statistics.Devices.Last().Name);
        RecordedLoad load = RecordedLoad.Open("many", null, () => Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(text))), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(1500, Assert.Single(ReplayRun.Run(load, [ReplayConfiguration.AsRecorded], cancellation: TestContext.Current.CancellationToken)).Maps);
        Assert.Equal(MappingFollower.MostDevices - 1, load.Devices.Count);
        Assert.Equal(MappingFollower.FurtherDevices, load.Devices[^1].Name);
    }

    [Fact]
    public void A_page_mapped_again_and_again_is_released_in_any_order()
    {
        var trace = new TraceText();
        for (int i = 0; i < 5000; i++)
            trace.Map("disk", 0x1000, 0x1000, 4096);
        for (int i = 0; i < 5000; i++)
            trace.Unmap("disk", 0x1000, 4096);
        string text = trace.ToString();
        TraceAnalysis analysis = Analyses.OfText(text);
        Assert.Equal(0, analysis.Statistics.Devices.Single().Live.Current);
        RecordedLoad load = RecordedLoad.Open("again", null, () => Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(text))), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(5000, Assert.Single(ReplayRun.Run(load, [ReplayConfiguration.AsRecorded], cancellation: TestContext.Current.CancellationToken)).Maps);
        Assert.Equal(0, load.Counts.WithoutMap);
    }

    private MachineFacts Facts(string file, string text)
    {
        File.WriteAllText(Path.Combine(_directory, file), text);
        return MachineFacts.Read(_directory);
    }
}
