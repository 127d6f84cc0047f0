using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>A leak that filled the pool long before the recording ends, and what only looks like one.</summary>
public sealed class FullOfLeaksTests
{
    private const string Device = "0000:03:00.0", Other = "0000:04:00.0";
    private const ulong Pool = 0x7c00_0000, Failed = ulong.MaxValue;

    [Fact]
    public void A_leak_is_one_also_where_the_pool_is_full_for_half_of_the_recording()
    {
        TraceFinding first = First(Fill(pause: 10_000, releaseEach: 10));
        Assert.Equal("pool-leak", first.Id);
        Assert.Equal(Confidence.Likely, first.Confidence);
        Assert.Equal(512, first.Count);
        Assert.Contains("the bounce pool had run full", first.Why[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_ring_that_is_filled_in_one_go_and_fills_the_pool_is_no_leak()
    {
        TraceFinding first = First(Fill(pause: 100, releaseEach: 10));
        Assert.Equal(("pool-full", Confidence.Certain), (first.Id, first.Confidence));
        Assert.Contains(first.Why, static w => w.Contains("as receive rings do", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_unmaps_a_full_pool_is_not_certainly_too_small()
    {
        TraceFinding first = First(Fill(pause: 10_000, releaseEach: int.MaxValue));
        Assert.Equal(("pool-full", Confidence.Likely), (first.Id, first.Confidence));
        Assert.Contains(first.Why, static w => w.StartsWith("Unmaps were not recorded", StringComparison.Ordinal));
        Assert.DoesNotContain(first.Why, static w => w.Contains("Not a leak", StringComparison.Ordinal));
    }

    [Fact]
    public void Buffers_that_are_held_for_good_from_two_moments_on_are_neither_certainly_a_leak_nor_certainly_none()
    {
        var text = new TraceText();
        for (int i = 0; i < 512; i++)
        {
            if (i == 128)
                text.Time += 6_000_000;
            text.Bounce(Device, 0x1_4000_0000 + ((ulong)i << 12), 1800).Map(Device, Pool + ((ulong)i << 11), 0x1_4000_0000 + ((ulong)i << 12), 1800);
        }

        text.Time += 1_000;
        text.Bounce(Other, 0x1_6000_0000, 512).Map(Other, Failed, 0x1_6000_0000, 512);
        text.Time += 6_000_000;
        text.Map(Other, 0x1000_0000, 0x1000_0000, 512).Unmap(Other, 0x1000_0000, 512);
        TraceFinding first = First(text);
        Assert.Equal(("pool-full", Confidence.Likely), (first.Id, first.Confidence));
        Assert.Contains(first.Why, static w => w.Contains("a leak, or a load that grew", StringComparison.Ordinal));
    }

    [Fact]
    public void A_mask_that_would_reach_a_pool_above_four_gibibytes_has_more_than_32_bits()
    {
        var text = new TraceText();
        for (int i = 0; i < 10; i++)
            text.Bounce(Device, 0x10_0000_0000, 512).Map(Device, Failed, 0x10_0000_0000, 512, "TO_DEVICE");
        using var machine = new SyntheticMachine("swiotlb=512", 0x8_bc00_0000, 512);
        TraceFinding first = First(text, machine.Facts);
        Assert.Equal("pool-out-of-reach", first.Id);
        Assert.Contains("36 bits reach the pool", first.Cures[0].Text, StringComparison.Ordinal);
        Assert.Equal(0xf_ffff_ffffUL, Assert.Single(first.Cures[0].Trials!).Masks[Device]);
    }

    [Theory]
    [InlineData(240, true)]
    [InlineData(256, false)]
    public void What_a_driver_leaves_behind_each_time_it_stops_is_possibly_a_leak(int unmapped, bool told)
    {
        var text = new TraceText();
        for (int run = 0; run < 6; run++)
        {
            ulong at = 0x2000_0000 + ((ulong)run << 24);
            for (int i = 0; i < 256; i++)
                text.Map(Device, at + ((ulong)i << 12), at + ((ulong)i << 12), 2048);
            text.Time += 1_000_000;
            for (int i = 0; i < unmapped; i++)
                text.Unmap(Device, at + ((ulong)i << 12), 2048);
            text.Time += 1_000_000;
        }

        text.Map(Device, 0x1000_0000, 0x1000_0000, 64).Unmap(Device, 0x1000_0000, 64);
        IReadOnlyList<TraceFinding> findings = TraceFindings.Find(Analyses.OfText(text.ToString()));
        TraceFinding? leak = findings.FirstOrDefault(static f => f.Kind == TraceFindingKind.Leak);
        Assert.Equal(told, leak is not null);
        Assert.True(leak is null or { Confidence: Confidence.Possible, IsWrong: false, Count: 96 });
    }

    /// <summary>Maps until a pool of 512 slots is full, and tries on for as long again and ten seconds; every nth mapping is released at once.</summary>
    private static TraceText Fill(int pause, int releaseEach)
    {
        var text = new TraceText();
        int held = 0;
        for (int i = 0; held < 512; i++)
        {
            text.Time += pause;
            ulong slot = Pool + ((ulong)held << 11), page = 0x1_4000_0000 + ((ulong)i << 12);
            text.Bounce(Device, page, 1800).Map(Device, slot, page, 1800);
            if (i % releaseEach == releaseEach - 1)
                text.Unmap(Device, slot, 1800);
            else
                held++;
        }

        text.Time += pause * 10;
        for (int i = 0; i < 200; i++)
        {
            text.Time += 50_000;
            text.Bounce(Device, 0x1_9000_0000 + ((ulong)i << 12), 1800).Map(Device, Failed, 0x1_9000_0000 + ((ulong)i << 12), 1800);
        }

        return text;
    }

    private static TraceFinding First(TraceText text)
    {
        using var machine = new SyntheticMachine("swiotlb=512", Pool, 512);
        return First(text, machine.Facts);
    }

    private static TraceFinding First(TraceText text, MachineFacts facts) => TraceFindings.Find(Analyses.OfText(text.ToString(), facts))[0];
}
