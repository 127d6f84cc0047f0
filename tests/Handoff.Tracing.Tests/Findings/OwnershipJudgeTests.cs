using Handoff.Tracing.Findings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>What a recording supports is accused; what its own gaps and disorder could explain is not.</summary>
public sealed class OwnershipJudgeTests
{
    private const string Nic = "0000:00:01.0", Disk = "0000:00:02.0", Gpu = "0000:00:03.0";
    private const ulong A = 0x1000_0000, Slot = 0x7000_0000, High = 0x1_0000_0000;

    private readonly TraceText _text = new();

    [Fact]
    public void Second_unmap()
    {
        _text.Map(Nic, A, A, 64).Unmap(Nic, A, 64).Unmap(Nic, A, 64);
        _text.Time += 100_000;
        Expect("DMA0002 certain", _text.Map(Nic, A + 4096, A + 4096, 64));
    }

    [Fact]
    public void Second_unmap_that_another_processors_clock_explains()
    {
        // Processor 1 maps and unmaps the address again; its clock is behind, so that its map seems to follow the unmap.
        _text.Map(Nic, A, A, 64).Unmap(Nic, A, 64).Unmap(Nic, A, 64);
        _text.Cpu = 1;
        _text.Pid = 8;
        _text.Map(Nic, A, A, 64);
        _text.Time += 100_000;
        Expect("", _text.Map(Nic, A + 4096, A + 4096, 64));
    }

    /// <summary>What is harmless takes no place from what is not, however much of it there is.</summary>
    [Fact]
    public void One_drop_among_thousands_that_were_synced()
    {
        const string skip = "SKIP_CPU_SYNC";
        for (ulong i = 0; i < 1500; i++)
        {
            _text.Bounced(Nic, Slot, High, 4096, attributes: skip).Sync(Nic, true, Slot, 4096).Sync(Nic, false, Slot, 4096).Unmap(Nic, Slot, 4096, attributes: skip);
            _text.Time += 10;
        }

        Expect("DMA0051 likely", _text.Bounced(Nic, Slot, High, 4096).Unmap(Nic, Slot, 4096, attributes: skip));
    }

    [Fact]
    public void Unmap_of_what_was_mapped_before() => Expect("", _text.Unmap(Nic, A, 64).Sync(Nic, true, A + 0x1000, 64).UnmapSg(Nic, [A, A + 0x2000]));

    [Fact]
    public void Unmap_logged_after_another_processor_reused_the_address()
    {
        _text.Map(Nic, A, A, 4096);
        _text.Cpu = 1;
        _text.Pid = 8;
        _text.Map(Nic, A, A, 512);
        _text.Cpu = 0;
        _text.Pid = 7;
        Expect("", _text.Unmap(Nic, A, 4096).Unmap(Nic, A, 512));
    }

    [Theory]
    [InlineData(0, 0, "DMA0040 likely")] // same processor: in this order
    [InlineData(1, 20_000, "DMA0040 likely")] // another one, but much later
    [InlineData(1, 0, "")] // another one, at once: its clock may be behind
    public void Memory_mapped_twice(int cpu, int delay, string expected)
    {
        _text.Bounced(Nic, Slot, High, 4096);
        _text.Time += delay;
        _text.Cpu = cpu;
        _text.Pid = 7 + cpu;
        _text.Bounced(Nic, Slot + 4096, High, 4096);
        _text.Cpu = 0;
        _text.Pid = 7;
        _text.Time += delay;
        Expect(expected, _text.Unmap(Nic, Slot, 4096).Unmap(Nic, Slot + 4096, 4096));
    }

    [Fact]
    public void Two_devices_may_share_a_buffer_that_neither_bounces()
    {
        _text.MapSg(Gpu, [A], [A], [4096], "BIDIRECTIONAL").MapSg(Disk, [A], [A], [4096], "BIDIRECTIONAL");
        _text.Time += 100_000;
        Expect("", _text.UnmapSg(Gpu, [A], "BIDIRECTIONAL").UnmapSg(Disk, [A], "BIDIRECTIONAL"));
    }

    [Theory]
    [InlineData("size=32 ", "DMA0005 certain")]
    [InlineData("dir=TO_DEVICE", "DMA0006 certain")]
    [InlineData("dma_addr=10000010", "DMA0003 likely")]
    public void Unmap_that_differs(string change, string expected)
    {
        string field = change[..change.IndexOf('=', StringComparison.Ordinal)];
        string unmap = $"dma_unmap_page: {Nic} dir=FROM_DEVICE dma_addr={A:x} size=64 attrs=";
        int at = unmap.IndexOf(field + "=", StringComparison.Ordinal), end = unmap.IndexOf(' ', at);
        string changed = unmap[..at] + change + (end < 0 ? "" : unmap[end..]);
        _text.Map(Nic, A, A, 64);
        _text.Time += 10_000;
        Expect(expected, _text.Line(changed.Replace("  ", " ", StringComparison.Ordinal)));
    }

    /// <summary>Kernels check the attributes from 7.2 on; before, a driver may leave out the copy back of what it synced.</summary>
    [Theory]
    [InlineData("6.12.117", Confidence.Possible)]
    [InlineData("7.2.13", Confidence.Likely)]
    public void Unmap_with_other_attributes(string release, Confidence expected)
    {
        using var machine = new SyntheticMachine(release: release);
        _text.Map(Nic, A, A, 64).Sync(Nic, true, A, 64).Unmap(Nic, A, 64, attributes: "SKIP_CPU_SYNC");
        Accusation accusation = Assert.Single(Analyses.OfText(_text.ToString(), machine.Facts).Accusations);
        Assert.Equal(("DMA0008", expected), (accusation.Rule.Id, accusation.Confidence));
    }

    /// <summary>A driver frees a page and forgets the unmap: those who get the page next did nothing wrong.</summary>
    [Theory]
    [InlineData(true, "FROM_DEVICE", 1)]
    [InlineData(false, "FROM_DEVICE", 1)] // nobody bounces, nothing is lost: the leak is one all the same
    [InlineData(true, "TO_DEVICE", 0)] // a part of a page that is still mapped may be sent
    public void Memory_that_was_given_away_while_mapped(bool bounced, string direction, int expected)
    {
        using var machine = new SyntheticMachine(architecture: "aarch64", probe: $"HP dev i=0 name={Nic} coh=0 align=64\nHP dev i=1 name={Disk} coh=0 align=64\n");
        for (ulong i = 1; i <= 30; i++)
            _text.Map(Nic, A + (i * 4096), A + (i * 4096), 4096).Unmap(Nic, A + (i * 4096), 4096);
        _text.Map(Nic, High, High, 4096); // and no unmap
        _text.Time += 100_000;
        for (int i = 0; i < 3; i++)
        {
            (bounced ? _text.Bounced(Disk, Slot, High, 4096, direction) : _text.Map(Disk, High, High, 4096, direction)).Unmap(Disk, bounced ? Slot : High, 4096, direction);
            _text.Time += 10_000;
        }

        TraceAnalysis analysis = Analyses.OfText(_text.ToString(), machine.Facts);
        TraceFinding[] findings = [.. TraceFindings.Find(analysis).Where(static f => f.Kind is TraceFindingKind.Ownership or TraceFindingKind.Stranded && f.Confidence > Confidence.Possible)];
        Assert.Equal(expected, findings.Length);
        Assert.All(findings, static f => Assert.Equal(("stranded", Nic, 1L, Confidence.Likely), (f.Id, f.Devices.Single(), f.Count, f.Confidence)));
    }

    /// <summary>What ends in the end was only mapped twice.</summary>
    [Fact]
    public void Memory_mapped_twice_that_is_released_in_the_end()
    {
        using var machine = new SyntheticMachine(architecture: "aarch64", probe: $"HP dev i=0 name={Nic} coh=0 align=64\nHP dev i=1 name={Disk} coh=0 align=64\n");
        _text.Map(Nic, High, High, 4096);
        _text.Time += 100_000;
        _text.Map(Disk, High, High, 4096).Unmap(Disk, High, 4096);
        _text.Time += 100_000;
        _text.Unmap(Nic, High, 4096);
        Assert.DoesNotContain(TraceFindings.Find(Analyses.OfText(_text.ToString(), machine.Facts)), static f => f.Kind is TraceFindingKind.Ownership or TraceFindingKind.Stranded);
    }

    [Theory]
    [InlineData(false, "DMA0007 likely")]
    [InlineData(true, "")] // it was another list's, from before the recording
    public void Single_map_ended_as_a_list(bool ends, string expected)
    {
        _text.Map(Nic, A, A, 4096);
        _text.Time += 10_000;
        _text.UnmapSg(Nic, [A]);
        _text.Time += 10_000;
        Expect(expected, ends ? _text.Unmap(Nic, A, 4096) : _text.Map(Nic, A + 0x4000, A + 0x4000, 64));
    }

    /// <summary>The address was the wrong device's own before: it looks like a second unmap, unless the owner never ends its mapping.</summary>
    [Theory]
    [InlineData(false, "DMA0009 possible")]
    [InlineData(true, "DMA0002 certain")]
    public void Unmap_for_a_device_that_had_the_address_before(bool ends, string expected)
    {
        _text.Map(Disk, A, A, 4096).Unmap(Disk, A, 4096);
        _text.Time += 10_000;
        _text.Map(Nic, A, A, 4096);
        _text.Time += 10_000;
        _text.Unmap(Disk, A, 4096);
        _text.Time += 10_000;
        TraceText text = ends ? _text.Unmap(Nic, A, 4096) : _text.Map(Nic, A + 0x4000, A + 0x4000, 64);
        Accusation accusation = Assert.Single(Analyses.OfText(text.ToString()).Accusations);
        Assert.Equal(expected, $"{accusation.Rule.Id} {(accusation.Confidence == Confidence.Certain ? "certain" : "possible")}");
    }

    [Fact]
    public void Unmaps_of_the_error_value_are_all_counted()
    {
        for (int i = 0; i < 40; i++)
            _text.Line($"dma_unmap_page: {Nic} dir=TO_DEVICE dma_addr=ffffffffffffffff size=4096 attrs=");
        Accusation accusation = Assert.Single(Analyses.OfText(_text.ToString()).Accusations);
        Assert.Equal(("DMA0004", 40L), (accusation.Rule.Id, accusation.Count));
    }

    [Fact]
    public void What_is_left_of_a_list_accuses_nobody_else()
    {
        _text.MapSg(Nic, [High, High + 4096], [High, High + 4096], [4096, 4096]);
        _text.Time += 10_000;
        _text.UnmapSg(Nic, [High]);
        _text.Time += 10_000;
        Expect("DMA0010 likely", _text.Bounced(Disk, Slot, High + 4096, 4096).Unmap(Disk, Slot, 4096));
    }

    [Fact]
    public void Nothing_is_said_across_lost_events()
    {
        // The unmap and the next map of the address are among the lost.
        _text.Map(Nic, A, A, 4096).Map(Nic, A + 0x2000, A + 0x2000, 64).Unmap(Nic, A + 0x2000, 64).Lost(0, 3);
        Expect("", _text.Unmap(Nic, A, 512).Unmap(Nic, A + 0x2000, 64).Sync(Nic, true, A + 0x2000, 64));
    }

    [Fact]
    public void Nothing_is_said_while_another_processor_loses_events()
    {
        // The map between the two unmaps is among the lost ones of processor 1, whose note comes later.
        _text.Cpu = 1;
        _text.Map(Nic, A + 0x2000, A + 0x2000, 64);
        _text.Cpu = 0;
        _text.Map(Nic, A, A, 4096).Unmap(Nic, A, 4096);
        _text.Time += 20_000;
        _text.Unmap(Nic, A, 4096);
        _text.Time += 20_000;
        _text.Lost(1, 1);
        _text.Cpu = 1;
        Expect("", _text.Unmap(Nic, A + 0x2000, 64));
    }

    [Fact]
    public void What_came_before_a_loss_stands()
    {
        _text.Map(Nic, A, A, 4096).Unmap(Nic, A, 4096);
        _text.Time += 20_000;
        _text.Unmap(Nic, A, 4096);
        _text.Cpu = 1;
        _text.Time += 20_000;
        _text.Map(Nic, A + 0x2000, A + 0x2000, 64).Lost(1, 1);
        Expect("DMA0002 certain", _text.Unmap(Nic, A + 0x2000, 64));
    }

    [Fact]
    public void Late_sync()
    {
        Expect("DMA0026 certain", _text.Map(Nic, A, A, 64).Unmap(Nic, A, 64).Sync(Nic, true, A, 64));
    }

    [Fact]
    public void Sync_and_unmap_of_two_processors_at_the_same_time()
    {
        _text.Map(Nic, A, A, 64).Unmap(Nic, A, 64);
        _text.Cpu = 1;
        Expect("", _text.Sync(Nic, true, A, 64));
    }

    [Fact]
    public void Syncs_of_entries_that_the_kernel_did_not_name()
    {
        ulong[] named = [.. Enumerable.Range(0, 128).Select(static i => A + ((ulong)i * 0x10000))];
        ulong[] all = [.. named, 0x2000_0000, 0x2001_0000];
        uint[] lengths = [.. Enumerable.Repeat(4096u, 130)];

        // The last two entries' addresses were used and given back before.
        _text.Map(Nic, all[128], all[128], 4096).Unmap(Nic, all[128], 4096);
        _text.MapSg(Nic, named, named, lengths[..128], nents: 130);
        _text.Line($"dma_sync_sg_for_cpu: {Nic} dir=FROM_DEVICE dma_addrs={{{string.Join(',', all.Select(static a => $"0x{a:x}"))}}} sizes={{{string.Join(',', lengths.Select(static l => $"0x{l:x}"))}}}");
        _text.Sync(Nic, true, all[128], 64);
        Expect("", _text.UnmapSg(Nic, all));
    }

    [Fact]
    public void List_unmapped_with_fewer_entries() =>
        Expect("DMA0010 likely", _text.MapSg(Nic, [A, A + 0x2000], [A, A + 0x2000], [64, 64]).UnmapSg(Nic, [A]));

    [Fact]
    public void List_merged_by_an_iommu() =>
        Expect("", _text.MapSg(Nic, [0xfff0_0000], [A, A + 0x1000, 0x5000], [0x2800], nents: 3).UnmapSg(Nic, [A, A + 0x1000, 0x5000]));

    [Fact]
    public void Pages_of_a_network_driver_that_syncs_what_it_uses()
    {
        // Mapped and released with SKIP_CPU_SYNC; those that the device never filled are never synced for the CPU.
        for (ulong i = 0; i < 8; i++)
            _text.Bounced(Nic, Slot + (i * 4096), High + (i * 4096), 4096, attributes: "SKIP_CPU_SYNC").Sync(Nic, false, Slot + (i * 4096), 4096);
        _text.Sync(Nic, true, Slot, 1500);
        for (ulong i = 0; i < 8; i++)
            _text.Unmap(Nic, Slot + (i * 4096), 4096, attributes: "SKIP_CPU_SYNC");
        Expect("", _text);
    }

    [Fact]
    public void Data_dropped_at_unmap() =>
        Expect("DMA0051 likely", _text.Sync(Disk, true, 0x5000, 64).Bounced(Nic, Slot, High, 4096).Unmap(Nic, Slot, 4096, attributes: "SKIP_CPU_SYNC"));

    [Fact]
    public void Release_for_another_device_is_at_most_possible()
    {
        _text.Map(Gpu, A, A, 4096).Unmap(Disk, A, 4096);
        Expect("", _text); // the disk may have had it mapped before the recording
        Assert.Equal(Confidence.Possible, Assert.Single(Analyses.OfText(_text.ToString()).Accusations).Confidence);
    }

    [Fact]
    public void Of_two_buffers_with_the_same_events_one_is_followed()
    {
        // The same events again, as another instance would hold them, do not count twice; text has one buffer only.
        TraceAnalysis analysis = Analyses.OfText(_text.Map(Nic, A, A, 64).Unmap(Nic, A, 64).ToString());
        Assert.Equal(0, analysis.EventsOfOtherBuffers);
        Assert.Equal(1, analysis.Statistics.Devices.Single().SingleMaps);
    }

    private static void Expect(string expected, TraceText text)
    {
        TraceAnalysis analysis = Analyses.OfText(text.ToString());
        Assert.Empty(analysis.Diagnostics);
        string actual = string.Join("; ", analysis.Accusations.Where(static a => a.Confidence > Confidence.Possible)
            .Select(static a => $"{a.Rule.Id} {(a.Confidence == Confidence.Certain ? "certain" : "likely")}"));
        Assert.Equal(expected, actual);
    }

    /// <summary>What turned out to be harmless takes no room from what is not, and one device's findings take none from another's.</summary>
    [Fact]
    public void Many_harmless_findings_hide_none()
    {
        using var machine = new SyntheticMachine(architecture: "aarch64", probe: "HP dev i=0 name=a coh=0 align=64\nHP dev i=1 name=b coh=0 align=64\nHP dev i=2 name=c coh=0 align=64\n");
        var trace = new TraceText();
        for (ulong i = 0; i < 3000; i++)
        {
            trace.Bounced("a", 0x7000_0000, 0x1_0000_0000, 4096, "BIDIRECTIONAL", attributes: "SKIP_CPU_SYNC").Sync("a", false, 0x7000_0000, 4096, "BIDIRECTIONAL").Sync("a", true, 0x7000_0000, 4096, "BIDIRECTIONAL").Unmap("a", 0x7000_0000, 4096, "BIDIRECTIONAL", "SKIP_CPU_SYNC");
            trace.Bounced("b", 0x7000_2000, 0x1_0000_2000, 4096, "TO_DEVICE", attributes: "SKIP_CPU_SYNC").Unmap("b", 0x7000_2000, 4096, "TO_DEVICE", "SKIP_CPU_SYNC");
            trace.Time += 10_000;
        }

        trace.Bounced("c", 0x7000_4000, 0x1_0000_4000, 4096, "TO_DEVICE", attributes: "SKIP_CPU_SYNC").Unmap("c", 0x7000_4000, 4096, "TO_DEVICE", "SKIP_CPU_SYNC");
        Accusation[] hidden = [.. Analyses.OfText(trace.ToString(), machine.Facts).Accusations.Where(static a => a.Rule.Id == "DMA0052")];
        Assert.Equal(["b 1000 True", "c 1 False"], hidden.OrderBy(static a => a.Device).Select(static a => $"{a.Device} {a.Count} {a.IsCountCut}"));
    }
}
