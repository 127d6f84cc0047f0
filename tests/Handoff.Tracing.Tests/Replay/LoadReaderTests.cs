using System.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Tests.Replay;

/// <summary>From events to a load: lists, syncs, releases in a wrong order, devices that show what they are.</summary>
public sealed class LoadReaderTests
{
    private const ulong Buffer = 0x1_2345_0000;

    private static List<LoadOperation> Operations(RecordedLoad load) => [.. load.Pass(TestContext.Current.CancellationToken).SelectMany(static chunk => chunk.Operations.ToArray())];

    private static ReplayOutcome Baseline(RecordedLoad load) =>
        ReplayRun.Run(load, [ReplayConfiguration.AsRecorded], cancellation: TestContext.Current.CancellationToken)[0];

    [Fact]
    public void A_release_logged_after_its_slots_were_taken_again_is_moved_before()
    {
        // CPU 1 frees the slot, CPU 0 takes it and logs first.
        var load = new SyntheticLoad(128, 1);
        ulong slot = load.Pool.Start;
        for (int i = 0; i < 128; i++)
            Assert.True(load.Map(i, 0, Buffer + ((ulong)i << 12), 2048));
        load.Line(0, $"swiotlb_bounced: dev_name: 0000:00:03.0 dma_mask=ffffffff dev_addr={Buffer + 0x10_0000:x} size=2048 NORMAL");
        load.Line(0, $"dma_map_page: 0000:00:03.0 dir=BIDIRECTIONAL dma_addr={slot:x} size=2048 phys_addr={Buffer + 0x10_0000:x} attrs=");
        load.Line(1, $"dma_unmap_page: 0000:00:03.0 dir=BIDIRECTIONAL dma_addr={slot:x} size=2048 attrs=");
        load.Line(1, $"dma_unmap_page: 0000:00:03.0 dir=BIDIRECTIONAL dma_addr={slot:x} size=2048 attrs=");
        RecordedLoad opened = load.Open();
        ReplayOutcome outcome = Baseline(opened);
        Assert.Equal((129, 129, 129), (outcome.Compared, outcome.SameOutcome, outcome.SameAddress));
        Assert.Equal(0, opened.Counts.WithoutMap);
        Assert.Equal(2, Operations(opened).Count(static o => o.Kind == LoadOperationKind.Unmap));
    }

    [Fact]
    public void Lists_are_mapped_entry_by_entry_synchronised_and_released_as_a_whole()
    {
        var load = new SyntheticLoad(512, 1);
        ulong slot = load.Pool.Start;
        load.Line(0, $"swiotlb_bounced: dev_name: 0000:00:03.0 dma_mask=ffffffff dev_addr={Buffer:x} size=2048 NORMAL");
        load.Line(0, $"swiotlb_bounced: dev_name: 0000:00:03.0 dma_mask=ffffffff dev_addr={Buffer + 0x2000:x} size=512 NORMAL");
        load.Line(0, $"dma_map_sg: 0000:00:03.0 dir=TO_DEVICE nents=3/3 ents=3/3 dma_addrs={{0x{slot:x},0x200000,0x{slot + 2048:x}}} sizes={{0x800,0x1000,0x200}} phys_addrs={{0x{Buffer:x},0x200000,0x{Buffer + 0x2000:x}}} attrs=");
        load.Line(0, $"dma_sync_sg_for_device: 0000:00:03.0 dir=TO_DEVICE dma_addrs={{0x{slot:x},0x200000,0x{slot + 2048:x}}} sizes={{0x800,0x1000,0x200}}");
        load.Line(0, $"dma_sync_single_for_device: 0000:00:03.0 dir=TO_DEVICE dma_addr={slot + 2048 + 256:x} size=128");
        load.Line(0, $"dma_unmap_sg: 0000:00:03.0 dir=TO_DEVICE phys_addrs={{0x{Buffer:x},0x200000,0x{Buffer + 0x2000:x}}} attrs=");
        RecordedLoad opened = load.Open();
        ReplayOutcome outcome = Baseline(opened);
        Assert.Equal((3, 3, 3, 2), (outcome.Compared, outcome.SameOutcome, outcome.SameAddress, outcome.Bounced));
        Assert.Equal((0, 0), (opened.Counts.WithoutMap, opened.Counts.FailedAttempts));
        Assert.Equal(2UL * (2048 + 512) + 128, outcome.CopiedBytes);
        Assert.Equal(3, Operations(opened).Count(static o => o.Kind == LoadOperationKind.Unmap));
        Assert.Equal(256UL, Operations(opened).Last(static o => o.Kind == LoadOperationKind.SyncForDevice).Physical);
    }

    [Fact]
    public void Entries_cut_from_a_list_are_found_in_its_bounces()
    {
        var load = new SyntheticLoad(512, 1);
        ulong slot = load.Pool.Start;
        for (int i = 0; i < 131; i++)
            load.Line(0, $"swiotlb_bounced: dev_name: 0000:00:03.0 dma_mask=ffffffff dev_addr={Buffer + ((ulong)i << 12):x} size=2048 NORMAL");
        string List(Func<int, ulong> value) => string.Join(',', Enumerable.Range(0, 128).Select(i => $"0x{value(i):x}"));
        load.Line(
            0,
            $"dma_map_sg: 0000:00:03.0 dir=TO_DEVICE nents=128/133 ents=128/133 [TRUNCATED] dma_addrs={{{List(i => slot + ((ulong)i << 11))}}} "
            + $"sizes={{{List(static _ => 2048)}}} phys_addrs={{{List(static i => Buffer + ((ulong)i << 12))}}} attrs=");
        RecordedLoad opened = load.Open();
        ReplayOutcome outcome = Baseline(opened);
        Assert.Equal((131, 131), (outcome.Bounced, outcome.HighWaterSlots));
        Assert.Equal((1, 2, 0), (opened.Counts.TruncatedLists, opened.Counts.MissingEntries, opened.Counts.FailedAttempts));
        Assert.Equal((131, 128, 128), (outcome.SameOutcome, outcome.ComparedAddresses, outcome.SameAddress));
    }

    /// <summary>A bus with one window, to the second gigabyte.</summary>
    private const string Window =
        "/dts-v1/;\n/ {\n\t#address-cells = <0x02>;\n\t#size-cells = <0x02>;\n\tlab-bus {\n\t\tcompatible = \"simple-bus\";\n\t\t#address-cells = <0x02>;\n"
        + "\t\t#size-cells = <0x02>;\n\t\tranges;\n\t\tdma-ranges = <0x00 0x00 0x00 0x40000000 0x00 0x40000000>;\n\n\t\toff {\n\t\t\tcompatible = \"lab,probe\";\n\t\t};\n\t};\n};\n";

    /// <summary>Outside all windows of a bus every address prints as all ones, so only the number of bounces tells which entries they are of.</summary>
    [Fact]
    public void Entries_cut_from_a_list_of_unplaced_buffers_are_found_by_their_number()
    {
        var load = new SyntheticLoad(512, 1);
        ulong slot = load.Pool.Start - 0x4000_0000;
        for (int i = 0; i < 300; i++)
            load.Line(0, "swiotlb_bounced: dev_name: lab-bus:off dma_mask=ffffffff dev_addr=ffffffffffffffff size=512 NORMAL");
        string List(Func<int, ulong> value) => string.Join(',', Enumerable.Range(0, 128).Select(i => $"0x{value(i):x}"));
        load.Line(
            0,
            $"dma_map_sg: lab-bus:off dir=TO_DEVICE nents=128/300 ents=128/300 [TRUNCATED] dma_addrs={{{List(i => slot + ((ulong)i << 11))}}} "
            + $"sizes={{{List(static _ => 512)}}} phys_addrs={{{List(static i => Buffer + ((ulong)i << 12))}}} attrs=");
        RecordedLoad opened = load.Open(deviceTree: Window);
        ReplayOutcome outcome = Baseline(opened);
        Assert.Equal((300, 300, 0), (outcome.Bounced, outcome.HighWaterSlots, outcome.Failures));
        Assert.Equal((1, 0), (opened.Counts.TruncatedLists, opened.Counts.FailedAttempts));
    }

    /// <summary>Three tries of one list that fails at its last, too long entry.</summary>
    [Fact]
    public void Lists_of_unplaced_buffers_that_fail_end_with_the_entry_that_is_too_long()
    {
        var load = new SyntheticLoad(512, 1);
        for (int i = 0; i < 9; i++)
            load.Line(0, $"swiotlb_bounced: dev_name: lab-bus:off dma_mask=ffffffff dev_addr=ffffffffffffffff size={(i % 3 == 2 ? 524288 : 4096)} NORMAL");
        load.Line(0, "dma_map_page: lab-bus:off dir=TO_DEVICE dma_addr=1000 size=4096 phys_addr=40001000 attrs=");
        RecordedLoad opened = load.Open(deviceTree: Window);
        Assert.Equal(1, Baseline(opened).Failures); // asked three times
        Assert.Equal(3, opened.Counts.FailedAttempts);
    }

    [Fact]
    public void A_device_shows_its_mask_its_bus_and_its_alignment()
    {
        var load = new SyntheticLoad(512, 1);
        ulong slot = load.Pool.Start;
        void Map(ulong physical, ulong dma, bool bounced)
        {
            if (bounced)
                load.Line(0, $"swiotlb_bounced: dev_name: 0000:00:04.0 dma_mask=ffffffffffffffff dev_addr={physical:x} size=4096 NORMAL");
            load.Line(0, $"dma_map_page: 0000:00:04.0 dir=TO_DEVICE dma_addr={dma:x} size=4096 phys_addr={physical:x} attrs=");
        }

        Map(0x1_0000_1000, slot + 0, bounced: true); // a 64-bit mask, and yet it bounces: a bus limit
        Map(0x7000_0000, 0x7000_0000, bounced: false);
        Map(0x1_0000_2678, slot + 0x1678, bounced: true); // the low twelve bits come again: at an even slot
        Map(0x1_2000_0000, 0x1_2000_0000, bounced: false); // and now the limit is gone
        RecordedLoad opened = load.Open();
        ReplayOutcome outcome = Baseline(opened);
        Assert.Equal((4, 4, 4), (outcome.Compared, outcome.SameOutcome, outcome.SameAddress));
        Assert.Equal(
            [(LoadOperationKind.SetBusLimit, 0xffff_ffffUL), (LoadOperationKind.SetMinAlignMask, 0xfffUL), (LoadOperationKind.SetBusLimit, 0UL)],
            Operations(opened).Where(static o => o.Kind is > LoadOperationKind.Free and < LoadOperationKind.Forget).Select(static o => (o.Kind, o.Size)));
    }

    [Fact]
    public void A_device_behind_an_iommu_is_left_out_and_counted()
    {
        var load = new SyntheticLoad(512, 1);
        load.Map(0, 0, Buffer, 4096);
        for (int i = 0; i < 5; i++)
        {
            load.Line(0, $"dma_map_page: 0000:00:09.0 dir=TO_DEVICE dma_addr={0xffff_0000 - (i << 12):x} size=4096 phys_addr={Buffer + (ulong)(i << 13):x} attrs=");
            load.Line(0, $"dma_unmap_page: 0000:00:09.0 dir=TO_DEVICE dma_addr={0xffff_0000 - (i << 12):x} size=4096 attrs=");
        }

        RecordedLoad opened = load.Open();
        Assert.Equal(1, Baseline(opened).Maps);
        Assert.Equal(5, opened.Counts.Translated);
    }

    [Fact]
    public void A_load_too_long_to_keep_is_read_again_for_every_pass()
    {
        SyntheticLoad recorded = SyntheticLoad.Random(41, 1024, 2, 3000, 100, 9000);
        int opened = 0;
        RecordedLoad Load(long mostKept) => RecordedLoad.Open(
            "synthetic",
            recorded.Facts(""),
            () =>
            {
                opened++;
                return Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(recorded.Text)));
            },
            mostKept,
            cancellation: TestContext.Current.CancellationToken);
        ReplayOutcome[] Of(RecordedLoad load) =>
        [
            .. ReplayRun.Run(load, [ReplayConfiguration.AsRecorded], cancellation: TestContext.Current.CancellationToken),
            .. ReplayRun.Run(load, [new ReplayConfiguration { Slots = 256 }, new ReplayConfiguration { Slots = 512 }], cancellation: TestContext.Current.CancellationToken),
        ];
        ReplayOutcome[] kept = Of(Load(RecordedLoad.MostKept));
        Assert.Equal(2, opened); // a look at it, and one pass
        ReplayOutcome[] again = Of(Load(0));
        Assert.Equal(2 + 3, opened);
        Assert.Equal(
            kept.Select(static o => (o.Failures, o.HighWaterSlots, o.CopiedBytes, o.SearchSteps, o.SameAddress)),
            again.Select(static o => (o.Failures, o.HighWaterSlots, o.CopiedBytes, o.SearchSteps, o.SameAddress)));
    }

    [Fact]
    public void Changed_recordings_and_facts_never_throw()
    {
        var random = new Random(5);
        string text = SyntheticLoad.Random(51, 256, 2, 400, 60, 20_000).Text
            + "  x-1 [001] .....  9.000000: dma_map_sg: 0000:00:03.0 dir=TO_DEVICE nents=2/300 ents=2/300 [TRUNCATED] dma_addrs={0x1000,0x2000} sizes={0x1000,0x800} phys_addrs={0x1000,0x2000} attrs=\n"
            + "  x-1 [001] .....  9.000001: dma_unmap_sg: 0000:00:03.0 dir=TO_DEVICE phys_addrs={0x1000,0x2000} attrs=\n";
        for (int round = 0; round < 150; round++)
        {
            char[] changed = text.ToCharArray();
            for (int i = 0; i < 1 << random.Next(12); i++)
                changed[random.Next(changed.Length)] = "0123456789abcdef[]={},:. \nx"[random.Next(27)];
            byte[] bytes = Encoding.UTF8.GetBytes(changed);
            var facts = new MachineFacts("nowhere")
            {
                KernelRelease = random.Next(2) == 0 ? "" : "6.6.1",
                Architecture = (Architecture)random.Next(3),
                Swiotlb = random.Next(3) == 0 ? new MemoryRange(new((ulong)random.NextInt64()), (ulong)random.NextInt64()) : null,
                SwiotlbAreas = random.Next(3) == 0 ? random.Next(1 << 20) : 0,
                DynamicPools = random.Next(3) == 0,
                Cpus = random.Next(1, 100),
            };
            RecordedLoad load = RecordedLoad.Open("fuzz", random.Next(2) == 0 ? null : facts, () => Recording.Open(new MemoryStream(bytes)), cancellation: TestContext.Current.CancellationToken);
            var outcomes = ReplayRun.Run(load, [ReplayConfiguration.AsRecorded, new ReplayConfiguration { Slots = 256, Bounce = BounceMode.Forced }], cancellation: TestContext.Current.CancellationToken);
            Assert.All(outcomes, o => Assert.InRange(o.SameOutcome, 0, o.Compared));
        }
    }

    [Theory]
    [InlineData("6.12.117+deb12-amd64", "linux-6.12")]
    [InlineData("6.12.0", "linux-6.12.0")]
    [InlineData("6.12.3", "linux-6.12")]
    [InlineData("6.11.2", "linux-6.10")]
    [InlineData("5.17.3", "linux-5.17")]
    [InlineData("6.18.44", "linux-6.18")]
    [InlineData("9.1", "linux-7.2")]
    [InlineData("5.10.0-28-amd64", "linux-5.10")]
    [InlineData("3.2", null)]
    [InlineData("", null)]
    [InlineData("what?", null)]
    public void Releases_have_profiles(string release, string? profile) => Assert.Equal(profile, RecordedKernel.ProfileOf(release)?.Name);

    [Fact]
    public void What_the_recorded_kernel_was_built_with_is_part_of_its_profile() =>
        Assert.Equal("linux-6.12+dynamic+debug", RecordedKernel.ProfileOf("6.12.117", dynamicPools: true, debug: true)!.Name);
}
