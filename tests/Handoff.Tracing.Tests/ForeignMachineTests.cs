using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Tests.Findings;

namespace Handoff.Tracing.Tests;

/// <summary>Real recordings of machines with other byte orders, page sizes and kernels than most.</summary>
public sealed class ForeignMachineTests
{
    [Theory]
    [InlineData("arm64-16k", "aarch64", "6.12.117+deb13-arm64-16k", 16384, 1469, 7)]
    [InlineData("ppc64le-64k", "ppc64le", "6.12.107+deb13-powerpc64le-64k", 65536, 1057, 6)]
    [InlineData("s390x", "s390x", "7.2.13+deb14-s390x", 4096, 4840, 8)]
    [InlineData("x86-7.2", "x86_64", "7.2.13+deb14-amd64", 4096, 3102, 7)]
    public void What_a_machine_is_is_read_and_nothing_is_said_against_it(string name, string machine, string release, int page, long events, int devices)
    {
        string directory = Path.Combine(RecordingFiles.Shipped, name);
        MachineFacts facts = MachineFacts.Read(directory);
        Assert.Equal((machine, release, (uint?)page), (facts.MachineName, facts.KernelRelease, facts.PageSize));
        Assert.Equal((uint)page, facts.ToMachine().PageSize);
        Assert.True(facts.PciDevices.All(device => facts.IsCoherent(device.Name)));

        TraceAnalysis analysis = Analyses.OfBundle(directory);
        Assert.Equal((page, release), (analysis.Header.PageSize, analysis.Header.KernelRelease));
        Assert.Equal(events, analysis.Events);
        Assert.Equal(devices, analysis.Statistics.Devices.Count());
        Assert.Equal(events, facts.Rings.Sum(static ring => ring.Entries));
        Assert.DoesNotContain(TraceFindings.Find(analysis), static finding => finding.IsWrong || finding.Severity > Handoff.Ownership.FindingSeverity.Note);

        // The text has the pointers of early allocations hidden, which is no failure.
        using RecordingReader text = Recording.Open(Path.Combine(directory, "trace.txt.zst"));
        Assert.DoesNotContain(TraceFindings.Find(TraceAnalyzer.Analyze(text, facts, cancellation: TestContext.Current.CancellationToken)), static finding => finding.IsWrong);
    }

    [Fact]
    public void Events_of_7_2_keep_their_names_and_buffers_that_drivers_share_are_seen()
    {
        using RecordingReader reader = Recording.Open(Path.Combine(RecordingFiles.Shipped, "x86-7.2", "trace.dat"));
        var names = new SortedDictionary<string, int>(StringComparer.Ordinal);
        DmaEvent e = default;
        while (reader.Read(ref e))
        {
            string name = reader.EventName(e);
            names[name] = names.GetValueOrDefault(name) + 1;
            Assert.NotEqual(DmaEventKind.Unknown, e.Kind);
            if (name == "dma_buf_export")
                Assert.Equal(("udmabuf", true), (reader.Exporters[e.Exporter], e.Size is 4096 or 65536 or 1 << 20));
        }

        Assert.True(names["dma_map_phys"] > 1000 && names["dma_unmap_phys"] > 500, string.Join(' ', names));
        Assert.Equal(3, names["dma_buf_export"]);
        Assert.Equal(3, names["dma_buf_fd"]);
        Assert.Empty(reader.Diagnostics);
        Assert.Equal(0, reader.Statistics.WithoutFormat);
    }

    /// <summary>Servers with ACPI have a device tree too: what the firmware hands over at the kernel's start, and nothing about devices.</summary>
    [Theory]
    [InlineData("/dts-v1/;\n/ {\n\tchosen {\n\t\tbootargs = \"quiet\";\n\t\tmodule@0 {\n\t\t};\n\t};\n};\n", true, false, true)]
    [InlineData("", true, false, true)]
    [InlineData("", false, false, false)]
    [InlineData("/dts-v1/;\n/ {\n\tpcie@10000000 {\n\t};\n};\n", false, true, false)]
    [InlineData("/dts-v1/;\n/ {\n\tpcie@10000000 {\n\t\tdma-coherent;\n\t};\n};\n", false, true, true)]
    [InlineData("/dts-v1/;\n/ {\n\tsoc {\n\t\tdma-coherent;\n\t};\n};\n", false, false, false)] // without a host bridge
    public void A_tree_that_describes_no_bus_does_not_tell_who_snoops(string tree, bool acpi, bool known, bool coherent)
    {
        using var machine = new SyntheticMachine(architecture: "aarch64", tree: tree, moreMessages: acpi ? "[    0.000000] ACPI: RSDP 0x000000013C000018 000024 (v02 BOCHS )\n" : "");
        Assert.Equal((known, coherent), (machine.Facts.KnowsCoherenceOf("0000:00:02.0"), machine.Facts.IsCoherent("0000:00:02.0")));
    }

    [Theory]
    [InlineData("Dentry cache hash table entries: 1048576 (order: 11, 8388608 bytes, linear)", 4096)]
    [InlineData("Dentry cache hash table entries: 1048576 (order: 9, 8388608 bytes, linear)", 16384)]
    [InlineData("PID hash table entries: 4096 (order: -1, 32768 bytes, linear)", 65536)]
    [InlineData("Dentry cache hash table entries: 1048576 (order: 3, 8388608 bytes, linear)", null)]
    [InlineData("Dentry cache hash table entries: 1048576 (order: 99, 8388608 bytes, linear)", null)]
    [InlineData("nothing", null)]
    public void Boot_messages_tell_the_size_of_a_page(string message, int? size)
    {
        using var machine = new SyntheticMachine(moreMessages: $"[    0.000000] {message}\n");
        Assert.Equal((uint?)size, machine.Facts.PageSize);
    }

    /// <summary>As text and trace.dat of the same recordings have them.</summary>
    [Theory]
    [InlineData("GFP_KERNEL", 0xcc0)]
    [InlineData("GFP_KERNEL|__GFP_NOWARN|__GFP_ZERO", 0x2dc0)]
    [InlineData("GFP_ATOMIC|__GFP_NOWARN", 0x2820)]
    [InlineData("GFP_NOWAIT", 0x2800)]
    [InlineData("GFP_NOIO", 0xc00)]
    [InlineData("", 0)]
    public void A_copy_of_a_text_has_the_numbers_of_its_flags(string names, uint number)
    {
        using RecordingReader text = Recording.Open(new MemoryStream(System.Text.Encoding.ASCII.GetBytes(
            $"            init-1       [001] .....    18.643181: dma_alloc: css0 dir=BIDIRECTIONAL dma_addr=84d3c000 size=4096 virt_addr=00000000b2f4a5c1 flags={names} attrs=\n")));
        using var copy = new Handoff.Tracing.Writing.RecordingCopy(text);
        DmaEvent e = default;
        Assert.True(text.Read(ref e));
        copy.Add(e);
        using var bytes = new MemoryStream();
        copy.WriteTo(bytes);
        bytes.Position = 0;
        using RecordingReader again = Recording.Open(bytes);
        Assert.True(again.Read(ref e));
        Assert.Equal((DmaEventKind.Alloc, number), (e.Kind, e.GfpFlags));
    }
}
