using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>Recordings of real kernels: figures agree with the kernel's own, real drivers are accused of nothing, and misuse comes out as what it was.</summary>
public sealed class RecordedFindingsTests
{
    public static TheoryData<string> Bundles => Analyses.Bundles;

    [Theory]
    [MemberData(nameof(Bundles))]
    public void Slots_in_use_agree_with_the_kernels_counters(string directory)
    {
        TraceAnalysis analysis = Analyses.OfBundle(directory);
        MachineFacts facts = analysis.Facts!;
        if (!facts.SwiotlbCounters.TryGetValue("io_tlb_used_hiwater", out ulong most))
            return;
        LevelSeries[] used = [.. analysis.Statistics.Pools.Where(static p => !p.IsRestricted).Select(static p => p.Used)];
        Assert.Equal((long)facts.SwiotlbCounters["io_tlb_used"], used.Sum(static u => u.Current));

        // Slots of a list count from its map event on, and those of one that fails never do: at most as many as lists hold.
        if (used.Length > 1)
            Assert.InRange(used.Sum(static u => u.Peak), (long)most * 9 / 10, (long)most + used[0].Peak); // not at the same moment
        else
            Assert.InRange(used[0].Peak, (long)most - 128, (long)most);
        Assert.Equal(0, analysis.Gaps);
        Assert.Equal(0, analysis.Statistics.Devices.Sum(static d => d.UnknownReleases));
    }

    [Theory]
    [MemberData(nameof(Bundles))]
    public void Drivers_of_the_kernel_are_accused_of_nothing(string directory)
    {
        TraceAnalysis analysis = Analyses.OfBundle(directory);
        bool hasPool = analysis.Facts!.Swiotlb is not null;
        foreach (Accusation accusation in analysis.Accusations)
        {
            // Without a pool short buffers cannot bounce, and virtio's two halves of one command do share a cache line.
            bool known = !hasPool && accusation.Rule.Id == "DMA0041" && accusation.Device == "0000:00:08.0";
            Assert.True(IsTestModule(accusation.Device) || known, $"{accusation.Rule.Id} {accusation.Device}: {accusation.Examples[0].Explanation}");
        }

        foreach (TraceFinding finding in TraceFindings.Find(analysis))
        {
            if (finding.Kind is TraceFindingKind.Leak or TraceFindingKind.PoolLeak or TraceFindingKind.Stranded)
                Assert.True(finding.Devices.All(IsTestModule), finding.Title);
        }
    }

    [Theory]
    [MemberData(nameof(Bundles))]
    public void A_bare_recording_is_accused_of_no_more_than_one_with_facts(string directory)
    {
        TraceAnalysis whole = Analyses.OfBundle(directory), bare = Analyses.OfBare(directory);
        Assert.Equal(whole.Events, bare.Events);
        var more = bare.Accusations.Where(static a => a.Confidence > Confidence.Possible).Select(static a => (a.Rule.Id, a.Device, a.Count)).ToHashSet();
        more.ExceptWith(whole.Accusations.Select(static a => (a.Rule.Id, a.Device, a.Count)));
        Assert.Empty(more);
    }

    [Theory]
    [MemberData(nameof(Bundles))]
    public void Every_bounce_has_its_reason(string directory)
    {
        TraceAnalysis analysis = Analyses.OfBundle(directory);
        bool forced = (analysis.Facts!.Parameter("swiotlb") ?? "").EndsWith(",force", StringComparison.Ordinal) || analysis.Facts.Parameter("swiotlb") == "force";
        foreach (DeviceStatistics device in analysis.Statistics.Devices)
        {
            Assert.Equal(0, device.Bounces(BouncePredicate.Unknown));
            Assert.Equal(device.Bounced, Enum.GetValues<BouncePredicate>().Sum(device.Bounces));
            if (forced)
                Assert.Equal(device.Bounced, device.Bounces(BouncePredicate.Forced));
            if (analysis.Facts.RestrictedPoolOf(device.Name) is not null)
                Assert.Equal(device.Bounced, device.Bounces(BouncePredicate.RestrictedPool));
            if (analysis.Facts.IsCoherent(device.Name))
                Assert.Equal(0, device.Bounces(BouncePredicate.ShortBuffer));
        }
    }

    [Fact]
    public void Misuse_comes_out_as_what_was_misused()
    {
        TraceAnalysis analysis = Analyses.OfBundle(Path.Combine(RecordingFiles.Shipped, "arm64-misuse-nc"));

        // Cases 3 to 7 and 9 to 12 of its log; 1, 2 and 8 (reads and writes at the wrong time, no error check) leave no trace.
        Assert.Equal(
            [
                "pool-full 0000:00:06.0 42 Certain",
                "DMA0005 0000:00:06.0 1 Certain",
                "DMA0051 0000:00:06.0 1 Likely",
                "allocation-failed 0000:00:06.0 2 Certain",
                "DMA0040 0000:00:06.0 1 Likely",
                "stranded 0000:00:06.0 1 Possible",
                "bounces-mask 0000:00:06.0 17414 Certain",
                "DMA0022 0000:00:06.0 1 Possible",
            ],
            Analyses.Lines(analysis));
        Assert.Equal(0xfa007000UL, Assert.Single(analysis.Survivors, static s => s.Device == "0000:00:06.0").OldestAddress.Value);
    }

    [Fact]
    public void A_full_pool_names_who_holds_it()
    {
        TraceAnalysis analysis = Analyses.OfBundle(Path.Combine(RecordingFiles.Shipped, "x86-force-512"));
        TraceFinding full = TraceFindings.Find(analysis)[0];
        Assert.Equal(("pool-full", 7544L, Confidence.Certain), (full.Id, full.Count, full.Confidence));
        Assert.Equal(["0000:00:02.0", "0000:00:03.0"], full.Devices);
        Assert.Contains(full.Why, static w => w.Contains("virtio-pci 0000:00:08.0 255 and e1000e 0000:00:05.0 255", StringComparison.Ordinal));
        Assert.Contains(full.Why, static w => w.StartsWith("Not a leak", StringComparison.Ordinal));
        Assert.Equal("swiotlb=1024,force", full.Cures[0].Parameter);
    }

    [Fact]
    public void A_bare_recording_is_enough_to_see_that_the_pool_is_full()
    {
        TraceAnalysis analysis = Analyses.OfBare(Path.Combine(RecordingFiles.Shipped, "x86-force-512"));
        TraceFinding full = TraceFindings.Find(analysis)[0];
        Assert.Equal(("pool-full", 7544L, Confidence.Likely), (full.Id, full.Count, full.Confidence));
    }

    private static bool IsTestModule(string device) => device is "0000:00:06.0" or "0000:00:07.0" or "udmabuf" || device.Contains("handoff", StringComparison.Ordinal);
}
