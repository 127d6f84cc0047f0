using System.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Tests.Replay;

/// <summary>The recorded configuration reproduces the recording.</summary>
public sealed class BaselineTests
{
    public static TheoryData<string> Bundles
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (string directory in RecordingFiles.Roots.SelectMany(Directory.GetDirectories).Order(StringComparer.Ordinal))
            {
                if (TraceBundle.Find(directory) is not null && File.Exists(Path.Combine(directory, "machine.txt")))
                    data.Add(directory);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Bundles))]
    public void Every_outcome_is_the_recorded_one(string directory)
    {
        RecordedLoad load = RecordedLoad.Open(TraceBundle.Find(directory)!, TestContext.Current.CancellationToken);
        ReplayOutcome outcome = Assert.Single(ReplayRun.Run(load, [ReplayConfiguration.AsRecorded], cancellation: TestContext.Current.CancellationToken));
        Assert.Empty(load.Diagnostics);
        Assert.Empty(load.Machine.Assumptions);
        Assert.Equal(outcome.Compared, outcome.SameOutcome);
        Assert.Null(outcome.FirstDifference);
        Assert.True(outcome.Compared > 10 || load.Counts.Translated > 10);

        // Addresses differ only where something the recording does not show plays a part: entries cut from lists, a test module that
        // changes alignment masks, pools made at run time, an IOMMU.
        if (load.Counts is { TruncatedLists: 0, Translated: 0 } && load.Machine.Facts.Probe.IsEmpty)
        {
            Assert.Equal(outcome.ComparedAddresses, outcome.SameAddress);
            if (load.Machine.Facts.SwiotlbCounters.TryGetValue("io_tlb_used_hiwater", out ulong mark))
                Assert.Equal((long)mark, outcome.HighWaterSlots);
        }
        else if (!load.Machine.Kernel.Switches.DynamicPools && outcome.ComparedAddresses > 0)
        {
            Assert.InRange((double)outcome.SameAddress / outcome.ComparedAddresses, 0.94, 1);
        }
    }

    [Fact]
    public void A_recording_without_facts_shows_where_slots_lie_by_its_lists_too()
    {
        string path = Path.Combine(RecordingFiles.Shipped, "x86-perf", "plain.data");
        ulong lowest = ulong.MaxValue, highest = 0;
        using (RecordingReader reader = Recording.Open(path))
        {
            DmaEvent e = default;
            while (reader.Read(ref e))
            {
                // Everything bounces on that machine.
                ReadOnlySpan<DmaAddress> slots = e.Kind is DmaEventKind.MapPage ? new[] { e.DmaAddress } : e.Kind is DmaEventKind.MapSg ? e.DmaAddresses : default;
                foreach (DmaAddress slot in slots)
                    (lowest, highest) = (Math.Min(lowest, slot.Value), Math.Max(highest, slot.Value));
            }
        }

        RecordedLoad load = RecordedLoad.Open("plain", null, () => Recording.Open(path), cancellation: TestContext.Current.CancellationToken);
        ReplayOutcome outcome = Assert.Single(ReplayRun.Run(load, [ReplayConfiguration.AsRecorded], cancellation: TestContext.Current.CancellationToken));
        Assert.True(load.Machine.IsPoolAssumed);
        Assert.True(load.Machine.ForceBounce);
        Assert.Equal(lowest & ~0xfffUL, load.Machine.Pool!.Value.Start.Value);
        Assert.True(load.Machine.Pool.Value.Contains(new PhysicalAddress(highest)));
        Assert.Equal((620, 620), (outcome.Compared, outcome.SameOutcome));
    }

    [Fact]
    public void An_address_far_away_makes_no_giant_pool()
    {
        const string text = """
            dd-1 [000] ..... 1.000000: swiotlb_bounced: dev_name: sda dma_mask=ffffffff dev_addr=100001000 size=512 FORCE
            dd-1 [000] ..... 1.000001: dma_map_page: sda dir=TO_DEVICE dma_addr=7c000000 size=512 phys_addr=100001000 attrs=
            dd-1 [000] ..... 1.000002: swiotlb_bounced: dev_name: sda dma_mask=ffffffff dev_addr=100002000 size=512 FORCE
            dd-1 [000] ..... 1.000003: dma_map_page: sda dir=TO_DEVICE dma_addr=7fff7c000000 size=512 phys_addr=100002000 attrs=

            """;
        RecordedLoad load = RecordedLoad.Open("far", null, () => Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(text))), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(0x7c00_0000UL, load.Machine.Pool!.Value.Start.Value);
        Assert.Equal(1UL << 30, load.Machine.Pool.Value.Size);
    }

    [Fact]
    public void The_full_pool_fails_as_often_as_recorded_and_its_retries_are_one_request()
    {
        RecordedLoad load = RecordedLoad.Open(TraceBundle.Find(Path.Combine(RecordingFiles.Shipped, "x86-force-512"))!, TestContext.Current.CancellationToken);
        ReplayOutcome outcome = ReplayRun.Run(load, [ReplayConfiguration.AsRecorded], cancellation: TestContext.Current.CancellationToken)[0];
        Assert.Equal((512, 2, true), (outcome.PoolSlots, outcome.Areas, outcome.Forced));
        Assert.Equal(7544, load.Counts.FailedAttempts);
        Assert.Equal(30, load.Counts.FailedRequests);
        Assert.Equal(30, outcome.Failures);
        Assert.Equal(7544 - 30, outcome.Retries);
        Assert.Equal(load.Counts.FirstFailure, outcome.FirstFailure);
        Assert.Equal(512, outcome.HighWaterSlots);
        ReplayFailure disk = Assert.Single(outcome.FailuresByCause, f => f.Device == "0000:00:02.0");
        Assert.Equal((1, FailureCause.NoRun, 512UL), (disk.Count, disk.Cause, disk.Largest)); // 7,479 attempts of one 512-byte read
    }

    [Fact]
    public void Text_and_binary_of_one_recording_give_one_load()
    {
        string directory = Path.Combine(RecordingFiles.Shipped, "arm64-nc-small");
        MachineFacts facts = MachineFacts.Read(directory);
        ReplayOutcome Of(string file) => ReplayRun.Run(
            RecordedLoad.Open(file, facts, () => Recording.Open(Path.Combine(directory, file)), cancellation: TestContext.Current.CancellationToken),
            [ReplayConfiguration.AsRecorded],
            cancellation: TestContext.Current.CancellationToken)[0];
        ReplayOutcome binary = Of("trace.dat"), text = Of("trace.txt.zst");
        Assert.Equal((binary.Maps, binary.Bounced, binary.CopiedBytes, binary.SameAddress), (text.Maps, text.Bounced, text.CopiedBytes, text.SameAddress));
        Assert.True(binary.Bounced > 1000);
    }
}
