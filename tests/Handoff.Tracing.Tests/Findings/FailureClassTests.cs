using Handoff.Tracing.Findings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>Every way in which a map can fail is told from the others.</summary>
public sealed class FailureClassTests
{
    private const ulong Pool = 0x7000_0000, High = 0x1_0000_0000;
    private const string Nic = "0000:00:01.0", Disk = "0000:00:02.0";

    private readonly TraceText _text = new();

    [Fact]
    public void Leak()
    {
        using var machine = new SyntheticMachine(slots: 1024);
        const ulong last = Pool + (1023 * 2048);
        for (int i = 0; i < 1100; i++)
        {
            // One buffer comes and goes, one is forgotten every time; in the end the last slot is gone too.
            ulong phys = High + ((ulong)i * 0x2000);
            _text.Time = 1_000_000 + (i * 10_000L);
            if (i < 1023)
                _text.Bounced(Nic, Pool + ((ulong)i * 2048), phys, 1500).Bounced(Nic, last, phys + 0x1000, 1500).Unmap(Nic, last, 1500);
            else if (i == 1023)
                _text.Bounced(Nic, last, phys, 1500);
            else
                _text.Fails(Nic, phys, 1500);
        }

        TraceAnalysis analysis = Analyses.OfText(_text.ToString(), machine.Facts);
        TraceFinding finding = TraceFindings.Find(analysis)[0];
        Assert.Equal(("pool-leak", Confidence.Certain), (finding.Id, finding.Confidence));
        Assert.Equal(1024, finding.Count);
        Assert.Equal([Nic], finding.Devices);
        Assert.Contains(finding.Why, static w => w.Contains("76 maps failed", StringComparison.Ordinal));
        Assert.Contains(finding.Why, static w => w.Contains("100 more each second", StringComparison.Ordinal));
        Assert.DoesNotContain(TraceFindings.Find(analysis), static f => f.Id == "pool-full");
    }

    [Fact]
    public void A_ring_that_is_filled_and_refilled_is_no_leak()
    {
        using var machine = new SyntheticMachine(slots: 1024);
        for (int i = 0; i < 256; i++)
            _text.Bounced(Nic, Pool + ((ulong)i * 2048), High + ((ulong)i * 0x1000), 1500);
        for (int i = 0; i < 200; i++)
        {
            // Slow traffic: at the end, buffers of all ages are mapped.
            _text.Time += 20_000;
            ulong slot = Pool + ((ulong)(i % 256) * 2048);
            _text.Unmap(Nic, slot, 1500).Bounced(Nic, slot, High + ((ulong)(i + 300) * 0x1000), 1500);
        }

        TraceAnalysis analysis = Analyses.OfText(_text.ToString(), machine.Facts);
        Assert.DoesNotContain(TraceFindings.Find(analysis), static f => f.IsWrong || f.Kind is TraceFindingKind.Leak or TraceFindingKind.Stranded);
    }

    [Fact]
    public void A_queue_that_deepens_is_no_leak()
    {
        var live = new Queue<ulong>();
        ulong next = 0x1000_0000;
        for (int depth = 1; depth <= 64; depth++)
        {
            for (int i = 0; i < 100; i++)
            {
                _text.Time += 100;
                while (live.Count >= depth)
                    _text.Unmap(Disk, live.Dequeue(), 4096);
                live.Enqueue(next += 0x1000);
                _text.Map(Disk, next, next, 4096);
            }
        }

        Assert.DoesNotContain(TraceFindings.Find(Analyses.OfText(_text.ToString())), static f => f.IsWrong || f.Kind == TraceFindingKind.Leak);
    }

    [Fact]
    public void Leak_without_a_pool()
    {
        for (int i = 0; i < 400; i++)
        {
            ulong phys = 0x1000_0000 + ((ulong)i * 0x2000);
            _text.Time += 10_000;
            _text.Map(Nic, phys, phys, 2048, "TO_DEVICE").Map(Nic, phys + 0x1000, phys + 0x1000, 2048, "TO_DEVICE").Unmap(Nic, phys + 0x1000, 2048, "TO_DEVICE");
        }

        TraceFinding finding = TraceFindings.Find(Analyses.OfText(_text.ToString()))[0];
        Assert.Equal(("leak", 400L, Confidence.Certain), (finding.Id, finding.Count, finding.Confidence));
        Assert.Equal(1_010_000_000UL, finding.FirstTime!.Value);
    }

    [Fact]
    public void Real_capacity()
    {
        using var machine = new SyntheticMachine("swiotlb=512", slots: 512);
        for (ulong i = 0; i < 128; i++)
            _text.Bounced(Disk, Pool + (i * 8192), High + (i * 8192), 8192);
        _text.Fails(Disk, High + 0x100_0000, 8192);
        for (ulong i = 0; i < 128; i++)
            _text.Unmap(Disk, Pool + (i * 8192), 8192);
        TraceFinding finding = Only(machine);
        Assert.Equal(("pool-full", Confidence.Certain), (finding.Id, finding.Confidence));
        Assert.Equal("swiotlb=1024", finding.Cures[0].Parameter);
        Assert.Contains(finding.Why, static w => w == "Not a leak: those mappings were released later.");
    }

    [Fact]
    public void Over_the_limit()
    {
        using var machine = new SyntheticMachine();
        _text.Bounced(Disk, Pool, High, 262144).Unmap(Disk, Pool, 262144).Fails(Disk, High, 524288);
        TraceFinding finding = Only(machine);
        Assert.Equal(("request-over-limit", Confidence.Certain, 1L), (finding.Id, finding.Confidence, finding.Count));
        Assert.All(finding.Cures, static c => Assert.Null(c.Parameter));
    }

    [Fact]
    public void Over_the_limit_that_alignment_leaves()
    {
        using var machine = new SyntheticMachine();
        _text.Bounced(Disk, Pool + 0x600, High + 0x600, 4096).Unmap(Disk, Pool + 0x600, 4096).Fails(Disk, High + 0x600, 262144);
        TraceFinding finding = Only(machine);
        Assert.Equal("request-over-limit", finding.Id);
        Assert.Contains(finding.Why, static w => w.Contains("252 KiB", StringComparison.Ordinal));
    }

    [Fact]
    public void Fragmentation()
    {
        using var machine = new SyntheticMachine(slots: 512);

        // Every fourth slot is held: 384 are free, never more than three in a row.
        for (ulong i = 0; i < 128; i++)
            _text.Bounced(Nic, Pool + (i * 8192), High + (i * 4096), 1500);
        _text.Fails(Disk, High + 0x100_0000, 16384);
        TraceFinding finding = Only(machine);
        Assert.Equal(("pool-fragmented", Confidence.Certain), (finding.Id, finding.Confidence));
        Assert.Contains(finding.Why, static w => w.Contains("8 slots in a row for 16 KiB, while 384 of 512 were free and the longest usable run was 2.", StringComparison.Ordinal));
    }

    /// <summary>Outside all windows of a bus every address prints as all ones: entries beyond those that the event names are no failures.</summary>
    [Fact]
    public void A_long_list_of_unplaced_buffers_did_not_fail()
    {
        using var machine = new SyntheticMachine(slots: 1024);
        ulong[] slots = [.. Enumerable.Range(0, 128).Select(static i => Pool + ((ulong)i * 2048))];
        ulong[] buffers = [.. Enumerable.Range(0, 128).Select(static i => High + ((ulong)i * 4096))];
        for (int i = 0; i < 300; i++)
            _text.Bounce(Disk, ulong.MaxValue, 512);
        _text.MapSg(Disk, slots, buffers, [.. Enumerable.Repeat(512u, 128)], nents: 300);
        _text.Bounced(Nic, Pool + 0x10_0000, High + 0x100_0000, 1500).Unmap(Nic, Pool + 0x10_0000, 1500);
        Assert.DoesNotContain(TraceFindings.Find(Analyses.OfText(_text.ToString(), machine.Facts)), static f => f.IsWrong);
    }

    /// <summary>A list that fails leaves its bounces only; where they have no address, the entry that is too long ends it.</summary>
    [Fact]
    public void A_list_of_unplaced_buffers_that_fails_is_one_failure()
    {
        using var machine = new SyntheticMachine();
        for (int i = 0; i < 12; i++)
            _text.Bounce(Disk, ulong.MaxValue, 4096).Bounce(Disk, ulong.MaxValue, 4096).Bounce(Disk, ulong.MaxValue, 524288);
        for (ulong i = 0; i < 10; i++)
            _text.Map(Nic, 0x1000, 0x1000, 1500).Unmap(Nic, 0x1000, 1500);
        TraceFinding finding = Only(machine);
        Assert.Equal(("request-over-limit", 12L), (finding.Id, finding.Count));
    }

    [Fact]
    public void Fragmentation_tells_the_pool_of_the_request_it_names()
    {
        using var machine = new SyntheticMachine(slots: 512);

        // Every second slot is held: 256 are free, each alone, and a page begins at none of them. Later every fourth.
        for (ulong i = 0; i < 256; i++)
            _text.Bounced(Nic, Pool + (i * 4096), High + (i * 4096), 1500);
        _text.Fails(Disk, High + 0x100_0000, 4096);
        for (ulong i = 0; i < 256; i += 2)
            _text.Unmap(Nic, Pool + (i * 4096), 1500);
        _text.Fails(Disk, High + 0x100_0000, 16384);
        TraceFinding finding = Only(machine);
        Assert.Equal(("pool-fragmented", Confidence.Certain, 2L), (finding.Id, finding.Confidence, finding.Count));
        Assert.Equal(
            "The first needed 2 slots in a row for 4 KiB, while 256 of 512 were free and the longest usable run was 0. "
                + "Another needed 8 slots in a row for 16 KiB, while 384 of 512 were free and the longest usable run was 2.",
            finding.Why[0]);
    }

    [Fact]
    public void Areas()
    {
        using var machine = new SyntheticMachine(slots: 1024, areas: 8);

        // Of each area of 128 slots, 100 are held: 28 free in each, 224 in all.
        for (ulong area = 0; area < 8; area++)
        {
            for (ulong i = 0; i < 100; i++)
                _text.Bounced(Nic, Pool + (((area * 128) + i) * 2048), High + (((area * 100) + i) * 4096), 2048);
        }

        _text.Fails(Disk, High + 0x100_0000, 131072);
        TraceFinding finding = Only(machine);
        Assert.Equal("areas-too-small", finding.Id);
        Assert.Equal("swiotlb=1024,4", finding.Cures[0].Parameter);
    }

    [Fact]
    public void A_growing_pool_that_does_not()
    {
        using var machine = new SyntheticMachine(dynamic: true);
        _text.Bounced(Disk, Pool, High, 262144).Fails(Disk, High + 0x100_0000, 262144);
        Assert.Equal("pool-cannot-grow", Only(machine).Id);
    }

    [Fact]
    public void A_pool_out_of_reach()
    {
        using var machine = new SyntheticMachine();
        _text.Fails(Nic, 0x3000_0000, 1500, mask: 0x0fff_ffff);
        TraceFinding finding = Only(machine);
        Assert.Equal(("pool-out-of-reach", Confidence.Certain), (finding.Id, finding.Confidence));
    }

    [Fact]
    public void No_pool()
    {
        using var machine = new SyntheticMachine("swiotlb=noforce", slots: 0);
        _text.Map(Nic, 0x1000, 0x1000, 1500).Map(Nic, ulong.MaxValue, High, 1500);
        TraceFinding finding = Only(machine);
        Assert.Equal(("no-pool", Confidence.Certain), (finding.Id, finding.Confidence));
        Assert.Equal("(no swiotlb=noforce)", finding.Cures[0].Parameter);
        Assert.Equal(Confidence.Likely, TraceFindings.Find(Analyses.OfText(_text.ToString())).Single(static f => f.Id == "no-pool").Confidence);
    }

    [Fact]
    public void A_list_that_failed_leaves_only_its_bounces()
    {
        using var machine = new SyntheticMachine(slots: 512);
        _text.Bounce(Disk, High, 4096).Bounce(Disk, High + 0x10000, 524288);
        for (int i = 0; i < 20; i++)
            _text.Map(Disk, 0x1000, 0x1000, 512).Unmap(Disk, 0x1000, 512);
        TraceAnalysis analysis = Analyses.OfText(_text.ToString(), machine.Facts);
        TraceFinding finding = TraceFindings.Find(analysis)[0];
        Assert.Equal(("request-over-limit", 1L), (finding.Id, finding.Count));
        Assert.Equal(1, analysis.Statistics.Devices.Single().FailedLists);
    }

    [Fact]
    public void A_list_whose_map_follows_later_did_not_fail()
    {
        using var machine = new SyntheticMachine(slots: 512);
        _text.Bounce(Disk, High, 4096);

        // An interrupt of another device, in the same thread, in between.
        _text.Bounced(Nic, Pool + 0x8000, High + 0x5000, 1500);
        _text.Bounce(Disk, High + 0x9000, 4096);
        _text.MapSg(Disk, [Pool, 0x2000, Pool + 0x1000], [High, 0x2000, High + 0x9000], [4096, 512, 4096]);
        _text.Time += 5_000_000;
        _text.UnmapSg(Disk, [High, 0x2000, High + 0x9000]).Unmap(Nic, Pool + 0x8000, 1500);
        TraceAnalysis analysis = Analyses.OfText(_text.ToString(), machine.Facts);
        Assert.DoesNotContain(TraceFindings.Find(analysis), static f => f.IsWrong);
        Assert.Equal([2L, 1L], analysis.Statistics.Devices.OrderByDescending(static d => d.Bounced).Select(static d => d.Bounced));
        Assert.Equal(0, analysis.LiveAtEnd);
        Assert.Equal((5L, 0L), (analysis.Statistics.Pools[0].Used.Peak, analysis.Statistics.Pools[0].Used.Current));
    }

    [Fact]
    public void Allocations_and_registers()
    {
        _text.Line($"dma_alloc: {Nic} dir=BIDIRECTIONAL dma_addr=fe400000 size=4194304 virt_addr=0000000000000000 flags=GFP_ATOMIC attrs=")
            .Line($"dma_map_resource: {Nic} dir=BIDIRECTIONAL dma_addr=ffffffffffffffff size=4096 phys_addr=1f0000000 attrs=");
        IReadOnlyList<TraceFinding> findings = TraceFindings.Find(Analyses.OfText(_text.ToString()));
        Assert.Equal(["resource-map-failed", "allocation-failed"], findings.Where(static f => f.IsWrong).Select(static f => f.Id));
    }

    private TraceFinding Only(SyntheticMachine machine) =>
        Assert.Single(TraceFindings.Find(Analyses.OfText(_text.ToString(), machine.Facts)), static f => f.IsWrong);
}
