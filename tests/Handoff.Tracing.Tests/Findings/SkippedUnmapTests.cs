using System.Globalization;
using System.Text;
using Handoff.Tracing.Findings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>Drivers of later kernels leave out unmaps that would do nothing: as NVMe's of 7.2 does for requests of several pages, as recordings show.</summary>
public sealed class SkippedUnmapTests
{
    private const string Device = "0000:00:02.0";

    [Theory]
    [InlineData("6.12.117", "x86_64", true)] // every map has its unmap
    [InlineData("6.15.4", "x86_64", true)]
    [InlineData("6.16.0", "x86_64", false)]
    [InlineData("7.2.13+deb14-amd64", "x86_64", false)]
    [InlineData("7.2.13", "aarch64", false)] // nothing tells who snoops
    [InlineData("7.2.13", "ppc64le", false)]
    [InlineData("7.3.0-rc7", "s390x", false)]
    public void A_direct_mapping_without_an_unmap_is_a_leak_on_kernels_that_always_unmap_only(string release, string architecture, bool leaks)
    {
        using var machine = new SyntheticMachine(architecture: architecture, release: release);
        Assert.Equal(leaks, IsLeak(Analyses.OfText(Load("dma_map_page", "dma_unmap_page", bounced: false), machine.Facts)));
    }

    [Theory]
    [InlineData("dma_map_page", "dma_unmap_page", true)]
    [InlineData("dma_map_phys", "dma_unmap_phys", false)]
    public void Where_no_release_is_told_the_names_of_the_events_tell(string map, string unmap, bool leaks) =>
        Assert.Equal(leaks, IsLeak(Analyses.OfText(Load(map, unmap, bounced: false))));

    [Fact]
    public void Slots_are_held_whatever_the_kernel()
    {
        using var machine = new SyntheticMachine(release: "7.2.13", slots: 1 << 16);
        Assert.True(IsLeak(Analyses.OfText(Load("dma_map_phys", "dma_unmap_phys", bounced: true), machine.Facts)));
    }

    [Theory]
    [InlineData("dma-coherent", false)]
    [InlineData("dma-noncoherent", true)] // caches are to be cleaned at the unmap: it is never left out
    public void A_device_that_does_not_snoop_needs_every_unmap(string property, bool leaks)
    {
        using var machine = new SyntheticMachine(architecture: "aarch64", release: "7.2.13", tree: $"/dts-v1/;\n/ {{\n\tpcie@10000000 {{\n\t\t{property};\n\t}};\n}};\n");
        TraceAnalysis analysis = Analyses.OfText(Load("dma_map_phys", "dma_unmap_phys", bounced: false), machine.Facts);
        Assert.Equal(leaks, IsLeak(analysis));
    }

    [Theory]
    [InlineData("6.12.117", true)]
    [InlineData("7.2.13", false)]
    public void What_may_have_ended_shares_no_line(string release, bool shares)
    {
        using var machine = new SyntheticMachine(
            architecture: "aarch64", release: release, moreMessages: "[    0.0] SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=2, Nodes=1\n",
            tree: "/dts-v1/;\n/ {\n\tpcie@10000000 {\n\t\tdma-coherent;\n\t};\n};\n");
        var text = new StringBuilder();
        Line(text, 1_000, "dma_map_phys", $"{Device} dir=FROM_DEVICE dma_addr=100000000 size=16 phys_addr=100000000 attrs=");
        Line(text, 9_000, "dma_map_phys", "4000000.dma dir=TO_DEVICE dma_addr=100000010 size=16 phys_addr=100000010 attrs="); // does not snoop
        Line(text, 20_000, "dma_unmap_phys", "4000000.dma dir=TO_DEVICE dma_addr=100000010 size=16 attrs=");
        Line(text, 990_000, "dma_map_phys", $"{Device} dir=FROM_DEVICE dma_addr=100001000 size=4096 phys_addr=100001000 attrs=");
        Assert.Equal(shares, Analyses.Lines(Analyses.OfText(text.ToString(), machine.Facts)).Any(static line => line.StartsWith("DMA0041", StringComparison.Ordinal)));
    }

    private static bool IsLeak(TraceAnalysis analysis) => TraceFindings.Find(analysis).Any(static f => f.Kind == TraceFindingKind.Leak && f.Devices[0] == Device);

    /// <summary>A request of four pages each millisecond, and a short one that is unmapped.</summary>
    private static string Load(string map, string unmap, bool bounced)
    {
        var text = new StringBuilder();
        ulong slot = 0x7000_0000;
        for (ulong i = 0; i < 2_000; i++)
        {
            ulong now = 1_000_000 + (i * 1_000), page = 0x1_0000_0000 + (i * 0x4000);
            for (ulong part = 0; part < 4; part++, page += 4096)
            {
                ulong address = bounced ? slot : page;
                if (bounced)
                {
                    Line(text, now + (part * 2), "swiotlb_bounced", $"dev_name: {Device} dma_mask=ffffffff dev_addr={page:x} size=4096 NORMAL");
                    slot += 4096;
                }

                Line(text, now + (part * 2) + 1, map, $"{Device} dir=FROM_DEVICE dma_addr={address:x} size=4096 phys_addr={page:x} attrs=");
            }

            Line(text, now + 100, map, $"{Device} dir=FROM_DEVICE dma_addr=50000000 size=512 phys_addr=50000000 attrs=");
            Line(text, now + 150, unmap, $"{Device} dir=FROM_DEVICE dma_addr=50000000 size=512 attrs=");
        }

        return text.ToString();
    }

    private static void Line(StringBuilder text, ulong microseconds, string name, string rest) =>
        text.Append(CultureInfo.InvariantCulture, $"          dd-42      [000] .....  {microseconds / 1_000_000,5}.{microseconds % 1_000_000:d6}: {name}: {rest}\n");
}
