using Handoff.Ownership;

namespace Handoff.Core.Tests.Ownership;

/// <summary>Very many mappings in one place, as only damaged or hostile recordings have them: what one call does has a bound.</summary>
public sealed class CrowdTests
{
    [Theory]
    [InlineData(64UL, 0UL)]
    [InlineData(64UL, 16UL)]
    [InlineData(65536UL, 0UL)]
    [InlineData(1UL << 60, 4096UL)]
    public void Look_ups_in_a_crowd_end(ulong size, ulong step)
    {
        var index = new IntervalIndex();
        var found = new List<int>();
        for (int i = 0; i < 20_000; i++)
            index.Insert(0x1000_0000 + ((ulong)i * step % 4096), size, i);
        Assert.False(index.Overlapping(0x1000_0000, 4096, found));
        Assert.InRange(found.Count, 1, IntervalIndex.MostCompared);
        Assert.True(index.Remove(0x1000_0000, size, 0));
        Assert.False(index.Remove(0x1000_0000, size, 19_999)); // not there: its place was crowded
    }

    [Fact]
    public void What_is_gone_crowds_no_more()
    {
        var index = new IntervalIndex();
        var found = new List<int>();
        for (int round = 0; round < 2000; round++)
        {
            index.Insert(0x2000, 64, round);
            if (round > 0)
                Assert.True(index.Remove(0x2000, 64, round - 1));
        }

        Assert.True(index.Overlapping(0x2000, 64, found));
        Assert.Equal([1999], found);
    }

    [Fact]
    public void One_long_interval_does_not_slow_down_the_others()
    {
        var index = new IntervalIndex();
        var found = new List<int>();
        index.Insert(0, 1UL << 60, 0);
        for (int i = 1; i <= 10_000; i++)
            index.Insert((ulong)i << 21, 2 << 20, i);
        Assert.True(index.Overlapping(9000UL << 21, 64, found));
        Assert.Equal([9000, 0], found);
    }

    [Fact]
    public void A_page_that_is_mapped_very_often_is_released_as_often()
    {
        var tracker = new OwnershipTracker(OwnershipOptions.ForRecordings with { KeepsOrder = false });
        tracker.AddDevice(new DeviceFacts("disk", false));
        for (int i = 0; i < 20_000; i++)
            tracker.Process(MappingEvent.Map(0, new(0x1000), new(0x1000), 4096, DmaDirection.ToDevice, time: i));
        for (int i = 0; i < 20_000; i++)
            Assert.True(tracker.EndFitting(MappingEvent.Unmap(0, new(0x1000), 4096, DmaDirection.ToDevice, time: 30_000 + i)));
        Assert.Equal(0, tracker.Live);
        Assert.Equal(0, tracker.Total);
    }
}
