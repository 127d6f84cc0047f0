using System.Text;
using Handoff.Kernels;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Sizing;

namespace Handoff.Tracing.Tests.Replay;

/// <summary>The smallest pool against brute force: the literal allocator on every size.</summary>
public sealed class SizeSearchTests
{
    private static readonly KernelProfile OneArea = KernelProfiles.Parse("linux-6.12,areas=no").Profiles[0];

    [Theory]
    [InlineData(21, 1, 60, 9000)]
    [InlineData(22, 2, 200, 6000)]
    [InlineData(23, 4, 30, 200_000)]
    [InlineData(24, 2, 5, 262_144)]
    [InlineData(25, 4, 1500, 4096)]
    public void It_is_the_smallest_power_of_two_that_the_kernel_makes(int seed, int areas, int live, int largest)
    {
        SyntheticLoad recorded = SyntheticLoad.Random(seed, 1 << 15, areas, 4000, live, largest);
        Assert.Equal(0, recorded.Failures);
        SizeResult result = SizeSearch.Run(recorded.Open(), new SizeOptions(), cancellation: TestContext.Current.CancellationToken);

        int expected = 128 * areas; // a segment an area at least
        while (recorded.Literally(expected, areas).Failures > 0)
            expected *= 2;
        Assert.Equal(expected, result.Smallest!.PoolSlots);
        Assert.Equal(0, result.Smallest.Failures);
        Assert.True(result.Succeeded);
        Assert.All(result.Curve, o => Assert.Equal(recorded.Literally(o.PoolSlots, o.Areas).Failures, o.Failures));

        int roomy = expected;
        while (recorded.Literally(roomy, areas) is var (failures, pool) && (failures > 0 || pool.HighWater > roomy * 0.75))
            roomy *= 2;
        Assert.Equal(roomy, result.WithHeadroom!.PoolSlots);
    }

    [Theory]
    [InlineData(31, 60, 9000)]
    [InlineData(32, 20, 150_000)]
    [InlineData(33, 6, 262_144)]
    [InlineData(34, 700, 5000)]
    public void Without_areas_it_is_the_smallest_multiple_of_a_segment(int seed, int live, int largest)
    {
        SyntheticLoad recorded = SyntheticLoad.Random(seed, 1 << 15, 1, 3000, live, largest);
        Assert.Equal(0, recorded.Failures);
        SizeResult result = SizeSearch.Run(recorded.Open(), new SizeOptions { Kernel = OneArea }, cancellation: TestContext.Current.CancellationToken);
        int expected = 128;
        while (recorded.Literally(expected, 1).Failures > 0)
            expected += 128;
        Assert.Equal(expected, result.Smallest!.PoolSlots);
    }

    [Fact]
    public void A_request_beyond_the_limit_is_named_and_the_rest_is_sized()
    {
        var recorded = new SyntheticLoad(1024, 2);
        for (int i = 0; i < 20; i++)
            Assert.True(recorded.Map(i, i & 1, 0x1_0000_0000 + ((ulong)i << 20), 65_536));
        Assert.True(recorded.Map(97, 0, 0x1_7000_0678, 512, 0xfff)); // shows the device's mask
        Assert.False(recorded.Map(99, 0, 0x1_8000_0000, 262_145));
        Assert.False(recorded.Map(98, 0, 0x1_9000_0678, 262_144, 0xfff)); // fits without the alignment mask only
        SizeResult result = SizeSearch.Run(recorded.Open(), new SizeOptions(), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(1024, result.Smallest!.PoolSlots);
        Assert.False(result.Succeeded);
        Assert.Equal(
            [("0000:00:02.0", FailureCause.TooLong, 1L, 262_144UL), ("0000:00:03.0", FailureCause.TooLong, 1L, 262_145UL)],
            result.Unhelped.Select(f => (f.Device, f.Cause, f.Count, f.Largest)).Order());
    }

    [Fact]
    public void A_pool_out_of_reach_is_no_matter_of_size()
    {
        var recorded = new SyntheticLoad(512, 1);
        for (int i = 0; i < 10; i++)
        {
            recorded.Wait(2_000_000); // each a request of its own
            recorded.Line(0, $"swiotlb_bounced: dev_name: 0000:00:03.0 dma_mask=fffffff dev_addr={0x1_0000_0000 + (i << 12):x} size=512 NORMAL");
            recorded.Line(0, $"dma_map_page: 0000:00:03.0 dir=TO_DEVICE dma_addr=ffffffffffffffff size=512 phys_addr={0x1_0000_0000 + (i << 12):x} attrs=");
        }

        SizeResult result = SizeSearch.Run(recorded.Open(), new SizeOptions(), cancellation: TestContext.Current.CancellationToken);
        ReplayFailure failure = Assert.Single(result.Unhelped);
        Assert.Equal((FailureCause.PoolOutOfReach, 10L), (failure.Cause, failure.Count));
        Assert.False(result.Succeeded);
        Assert.Equal(result.Recorded.Compared, result.Recorded.SameOutcome);
    }

    [Theory]
    [InlineData(61, 60, 9000)]
    [InlineData(62, 8, 200_000)]
    public void A_restricted_pool_has_its_own_smallest_size(int seed, int live, int largest)
    {
        SyntheticLoad recorded = SyntheticLoad.Random(seed, 1 << 14, 1, 2000, live, largest);
        Assert.Equal(0, recorded.Failures);
        MachineFacts facts = recorded.Facts("");
        facts.RestrictedPools = [new RestrictedPoolFacts("region", facts.Swiotlb!.Value)];
        facts.Swiotlb = new MemoryRange(new(0x6000_0000), 64UL << 20);
        foreach (string device in (string[])["0000:00:02.0", "0000:00:03.0"])
            facts.RestrictedDevices[device] = "region";
        RecordedLoad load = RecordedLoad.Open(
            "restricted", facts, () => Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(recorded.Text))), cancellation: TestContext.Current.CancellationToken);
        SizeResult result = SizeSearch.Run(load, new SizeOptions(), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(result.Recorded.Compared, result.Recorded.SameOutcome);
        Assert.Equal(result.Recorded.ComparedAddresses, result.Recorded.SameAddress);
        Assert.Equal(0, result.Recorded.HighWaterSlots); // the default pool is not touched

        int expected = 128;
        while (recorded.Literally(expected, 1).Failures > 0)
            expected += 128;
        RegionSize region = Assert.Single(result.Regions);
        Assert.Equal(("region", (ulong)expected << 11, (ulong)recorded.Pool.HighWater << 11), (region.Name, region.SmallestBytes, region.HighWaterBytes));
    }

    [Fact]
    public void The_recorded_full_pool_needs_twice_its_size()
    {
        RecordedLoad load = RecordedLoad.Open(TraceBundle.Find(Path.Combine(RecordingFiles.Shipped, "x86-force-512"))!, TestContext.Current.CancellationToken);
        SizeResult result = SizeSearch.Run(load, new SizeOptions(), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal((1024, "1024,force"), (result.Smallest!.PoolSlots, result.Smallest.Parameter));
        Assert.Equal(30, result.Smallest.Recovered); // every request that failed in the recording
        Assert.Equal(30, result.Curve.Single(o => o.PoolSlots == 512).Failures);

        PoolProposal proposal = PoolAdvisor.Propose(load, TestContext.Current.CancellationToken)!;
        Assert.Equal(("1024,force", 0L, 2UL << 20), (proposal.Parameter, proposal.Failures, proposal.PoolBytes));
        PoolProposal tried = PoolAdvisor.Try(load, "4096", TestContext.Current.CancellationToken);
        ReplayOutcome needed = ReplayRun.Run(
            load, [new ReplayConfiguration { Slots = 4096, Bounce = BounceMode.WhenNeeded }], cancellation: TestContext.Current.CancellationToken)[0];
        Assert.Equal((0L, 8UL << 20, needed.HighWaterBytes), (tried.Failures, tried.PoolBytes, tried.HighWaterBytes)); // not forced
        Assert.InRange(tried.HighWaterBytes, 1UL, proposal.HighWaterBytes - 1);
        PoolProposal small = PoolAdvisor.Try(load, "256,force", TestContext.Current.CancellationToken);
        Assert.Equal(result.Curve.Single(o => o.PoolSlots == 256).Failures, small.Failures);
    }

    [Theory]
    [InlineData(new double[] { 100, 50, 0 }, 2)] // a straight line has no bend before its end
    [InlineData(new double[] { 100, 5, 3, 0 }, 1)]
    [InlineData(new double[] { 100, 99, 98, 0 }, 3)]
    [InlineData(new double[] { 0 }, 0)]
    [InlineData(new double[] { 0, 0, 0 }, 0)]
    [InlineData(new double[] { }, -1)]
    public void The_knee_lies_farthest_below_the_chord(double[] failures, int expected) =>
        Assert.Equal(expected, Knee.IndexOf([.. failures.Select((count, i) => (Math.Pow(2, i), count))]));
}
