using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Tests.Replay;

/// <summary>Replays of made-up loads against a second, literal allocator.</summary>
public sealed class LoadReplayerTests
{
    [Theory]
    [InlineData(1, 256, 2, 60, 9000)]
    [InlineData(2, 512, 1, 200, 9000)]
    [InlineData(3, 1024, 4, 30, 200_000)]
    [InlineData(4, 256, 2, 12, 262_144)]
    [InlineData(5, 2048, 4, 900, 4096)]
    public void Every_figure_is_that_of_the_literal_allocator(int seed, int slots, int areas, int live, int largest)
    {
        SyntheticLoad recorded = SyntheticLoad.Random(seed, slots, areas, 4000, live, largest);
        RecordedLoad load = recorded.Open();
        ReplayOutcome outcome = ReplayRun.Run(load, [ReplayConfiguration.AsRecorded], cancellation: TestContext.Current.CancellationToken)[0];
        Assert.Equal(recorded.Failures, load.Counts.FailedAttempts);
        Assert.Equal(outcome.Compared, outcome.SameOutcome);
        Assert.Equal(outcome.ComparedAddresses, outcome.SameAddress);
        Assert.Equal(recorded.Pool.HighWater, outcome.HighWaterSlots);
        Assert.Equal(recorded.Pool.Searches, outcome.SearchesByArea);
        Assert.Equal(recorded.Pool.Steps, outcome.SearchSteps);
    }

    [Theory]
    [InlineData(11, 100, 9000)]
    [InlineData(12, 40, 100_000)]
    [InlineData(13, 400, 6000)]
    public void Other_sizes_and_areas_do_what_the_literal_allocator_does(int seed, int live, int largest)
    {
        // Nothing fails in the recording, so that the load is the same everywhere.
        SyntheticLoad recorded = SyntheticLoad.Random(seed, 1 << 15, 2, 3000, live, largest);
        Assert.Equal(0, recorded.Failures);
        RecordedLoad load = recorded.Open();
        var shapes = new List<(uint Slots, int Areas)>();
        for (uint slots = 256; slots <= 1 << 14; slots *= 2)
        {
            for (int areas = 1; areas <= 8 && areas * 128 <= slots; areas *= 2)
                shapes.Add((slots, areas));
        }

        var outcomes = ReplayRun.Run(
            load, [.. shapes.Select(s => new ReplayConfiguration { Slots = s.Slots, Areas = s.Areas })], cancellation: TestContext.Current.CancellationToken);
        bool anyFailed = false;
        for (int i = 0; i < shapes.Count; i++)
        {
            (long failures, LiteralPool pool) = recorded.Literally((int)shapes[i].Slots, shapes[i].Areas);
            Assert.Equal(((int)shapes[i].Slots, shapes[i].Areas), (outcomes[i].PoolSlots, outcomes[i].Areas));
            Assert.Equal(failures, outcomes[i].Failures);
            Assert.Equal(pool.HighWater, outcomes[i].HighWaterSlots);
            Assert.Equal(pool.Searches, outcomes[i].SearchesByArea);
            Assert.Equal(pool.Steps, outcomes[i].SearchSteps);
            anyFailed |= failures > 0;
        }

        Assert.True(anyFailed);
        Assert.Equal(0, outcomes[^1].Failures);
    }
}
