using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Tests.Replay;

/// <summary>Requests that failed in the recording: what counts as one, and what a larger pool makes of them.</summary>
public sealed class RequestTests
{
    private const ulong Buffer = 0x1_4000_0000;

    /// <summary>A pool of 256 slots filled by 64 KiB buffers, then one request that is tried again and again.</summary>
    private static SyntheticLoad Full(int retries, long pause)
    {
        var load = new SyntheticLoad(256, 1);
        for (int i = 0; i < 8; i++)
            Assert.True(load.Map(i, 0, 0x1_0000_0000 + ((ulong)i << 20), 65_536));
        for (int i = 0; i < retries; i++)
        {
            Assert.False(load.Map(100, 0, Buffer, 4096));
            load.Wait(pause);
        }

        return load;
    }

    private static ReplayOutcome Replay(SyntheticLoad load, uint? slots = null) => ReplayRun.Run(
        load.Open(), [new ReplayConfiguration { Slots = slots }], cancellation: TestContext.Current.CancellationToken)[0];

    [Fact]
    public void Attempts_within_a_second_are_one_request()
    {
        SyntheticLoad load = Full(50, 8_000);
        ReplayOutcome recorded = Replay(load);
        Assert.Equal((1, 49), (recorded.Failures, recorded.Retries));
        Assert.Equal((58, 58), (recorded.Compared, recorded.SameOutcome));

        ReplayOutcome larger = Replay(load, 512);
        Assert.Equal((0, 0, 1), (larger.Failures, larger.Retries, larger.Recovered));
        Assert.Equal(258, larger.HighWaterSlots); // one request of two slots, not fifty
    }

    [Fact]
    public void Attempts_seconds_apart_are_requests_of_their_own()
    {
        SyntheticLoad load = Full(5, 1_500_000);
        Assert.Equal((5, 0), (Replay(load).Failures, Replay(load).Retries));
        Assert.Equal(5, Replay(load, 512).Recovered);
    }

    [Fact]
    public void A_request_served_at_last_is_held_once()
    {
        SyntheticLoad load = Full(10, 1000);
        load.Unmap(0, 0);
        Assert.True(load.Map(100, 0, Buffer, 4096));
        load.Wait(100);
        load.Unmap(100, 0);
        ReplayOutcome recorded = Replay(load);
        Assert.Equal((1, 9, 0), (recorded.Failures, recorded.Retries, recorded.Recovered));
        Assert.Equal(recorded.Compared, recorded.SameOutcome);
        Assert.Equal(recorded.ComparedAddresses, recorded.SameAddress);

        RecordedLoad opened = load.Open();
        ReplayOutcome larger = ReplayRun.Run(opened, [new ReplayConfiguration { Slots = 512 }], cancellation: TestContext.Current.CancellationToken)[0];
        Assert.Equal((0, 1, 258), (larger.Failures, larger.Recovered, larger.HighWaterSlots));
        Assert.Equal((1, 0), (opened.Counts.FailedRequests, opened.Counts.UnservedRequests));
    }

    [Fact]
    public void What_never_went_through_is_held_as_long_as_its_devices_median_mapping()
    {
        var load = new SyntheticLoad(256, 1);
        for (int i = 0; i < 9; i++)
        {
            Assert.True(load.Map(i, 0, 0x1_0000_0000, 4096));
            load.Wait(1000);
            load.Unmap(i, 0); // lives about 1 ms
        }

        for (int i = 0; i < 7; i++)
            Assert.True(load.Map(20 + i, 0, 0x1_1000_0000 + ((ulong)i << 20), 65_536));
        Assert.False(load.Map(100, 0, Buffer, 131_072));
        load.Wait(1_400);
        Assert.False(load.Map(101, 0, Buffer + 0x10_0000, 131_072));
        Assert.Equal((7 * 32) + 64, Replay(load, 512).HighWaterSlots); // the first is gone when the second comes
        Assert.Equal(2, Replay(load, 512).Recovered);
    }

    [Fact]
    public void A_list_that_failed_leaves_only_its_bounces_and_is_one_request()
    {
        SyntheticLoad load = Full(0, 0);
        for (int attempt = 0; attempt < 3; attempt++)
        {
            for (int entry = 0; entry < 2; entry++)
                load.Line(0, $"swiotlb_bounced: dev_name: 0000:00:03.0 dma_mask=ffffffff dev_addr={Buffer + ((ulong)entry << 16):x} size=65536 NORMAL");
            load.Wait(5000);
        }

        load.Map(200, 0, Buffer + 0x100_0000, 2048);
        RecordedLoad opened = load.Open();
        var outcomes = ReplayRun.Run(opened, [ReplayConfiguration.AsRecorded, new ReplayConfiguration { Slots = 512 }], cancellation: TestContext.Current.CancellationToken);
        Assert.Equal((4, 2), (opened.Counts.FailedAttempts, opened.Counts.FailedRequests));
        Assert.Equal((2, 2), (outcomes[0].Failures, outcomes[0].Retries));
        Assert.Equal(outcomes[0].Compared, outcomes[0].SameOutcome);
        Assert.Equal((0, 2, 256 + 64 + 1), (outcomes[1].Failures, outcomes[1].Recovered, outcomes[1].HighWaterSlots));
    }

    [Fact]
    public void A_mapping_that_fails_only_here_is_neither_synchronised_nor_released()
    {
        var load = new SyntheticLoad(512, 1);
        for (int i = 0; i < 12; i++)
            Assert.True(load.Map(i, 0, 0x1_0000_0000 + ((ulong)i << 20), 65_536));
        for (int i = 11; i >= 0; i--)
            load.Unmap(i, 0);
        ReplayOutcome smaller = Replay(load, 256);
        Assert.Equal((4, 256), (smaller.Failures, smaller.HighWaterSlots));
        Assert.Equal(8UL * 65_536 * 2, smaller.CopiedBytes);
    }
}
