using System.Runtime.CompilerServices;

namespace Handoff.Tracing.Recordings;

/// <summary>Counts of what has been read so far; complete once <see cref="RecordingReader.Read"/> has returned false.</summary>
public sealed class RecordingStatistics
{
    internal readonly long[] KindCounts = new long[(int)DmaEventKind.DmaBufDetach + 1];
    internal long[] TypeCounts = new long[64];
    internal readonly List<CpuStatistics> CpuList = [];

    internal RecordingStatistics()
    {
    }

    /// <summary>All events; notes about lost events are not events.</summary>
    public long Events { get; internal set; }

    /// <summary>Events known to be lost.</summary>
    public ulong Lost { get; internal set; }

    /// <summary>
    /// Events known to be lost, by notes that have a number and, where notes have none, by the recorder's own figures: a buffer that ran over before it was read.
    /// Complete at the end.
    /// </summary>
    public ulong LostInAll => (ulong)UInt128.Min(ulong.MaxValue, CpuList.Where(static cpu => cpu.LostNotes > 0) // a hostile file has figures of any size
        .Aggregate((UInt128)Lost, static (sum, cpu) => sum + (ulong)Math.Max(0, cpu.RecordedOverrun - (long)Math.Min(cpu.Lost, long.MaxValue))));

    /// <summary>How often events were lost, with or without a number.</summary>
    public long LostNotes { get; internal set; }

    /// <summary>Events whose type no format describes.</summary>
    public long WithoutFormat { get; internal set; }

    /// <summary>Events or lines that could not be decoded and were skipped.</summary>
    public long Malformed { get; internal set; }

    /// <summary>Lines of a text recording that are not events (headers, stack traces, annotations).</summary>
    public long OtherLines { get; internal set; }

    /// <summary>Figures per buffer and CPU.</summary>
    public IReadOnlyList<CpuStatistics> Cpus => CpuList;

    /// <summary>Events of one kind.</summary>
    public long Count(DmaEventKind kind) => KindCounts[(int)kind];

    /// <summary>Events of one type, as numbered by <see cref="DmaEvent.EventType"/>.</summary>
    public long CountOfType(int eventType) => (uint)eventType < (uint)TypeCounts.Length ? TypeCounts[eventType] : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void CountType(int eventType)
    {
        long[] counts = TypeCounts;
        if ((uint)eventType < (uint)counts.Length)
            counts[eventType]++;
        else
            CountNewType(eventType);
    }

    private void CountNewType(int eventType)
    {
        Array.Resize(ref TypeCounts, Math.Max(eventType + 1, TypeCounts.Length * 2));
        TypeCounts[eventType]++;
    }
}
