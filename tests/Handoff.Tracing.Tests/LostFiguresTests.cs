using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Tests;

/// <summary>How many events are lost, where notes have no number and the recorder counted.</summary>
public sealed class LostFiguresTests
{
    [Fact]
    public void The_recorders_count_stands_in_for_notes_without_a_number()
    {
        var statistics = new RecordingStatistics { Lost = 5 };
        statistics.CpuList.Add(new CpuStatistics(0, 0) { LostNotes = 2, Lost = 5, RecordedOverrun = 12 });
        statistics.CpuList.Add(new CpuStatistics(0, 1) { LostNotes = 0, RecordedOverrun = 100 }); // overwritten before the recording began: nothing is missing in it
        Assert.Equal(12UL, statistics.LostInAll);
    }

    [Fact]
    public void Figures_of_any_size_are_no_overflow()
    {
        var statistics = new RecordingStatistics { Lost = ulong.MaxValue - 1 };
        for (int cpu = 0; cpu < 3; cpu++)
            statistics.CpuList.Add(new CpuStatistics(0, cpu) { LostNotes = 1, RecordedOverrun = long.MaxValue });
        Assert.Equal(ulong.MaxValue, statistics.LostInAll);
    }
}
