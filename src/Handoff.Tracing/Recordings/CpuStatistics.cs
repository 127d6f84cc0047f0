namespace Handoff.Tracing.Recordings;

/// <summary>What was read from one CPU of one buffer, and what the recorder noted about it.</summary>
public sealed class CpuStatistics
{
    internal CpuStatistics(int instance, int cpu)
    {
        Instance = instance;
        Cpu = cpu;
    }

    /// <summary>Index into <see cref="RecordingHeader.Instances"/>.</summary>
    public int Instance { get; }

    /// <summary>The CPU.</summary>
    public int Cpu { get; }

    /// <summary>Events read (lost-events notes not counted).</summary>
    public long Events { get; internal set; }

    /// <summary>Ring-buffer bytes read (0 for text).</summary>
    public long Bytes { get; internal set; }

    /// <summary>Events known to be lost.</summary>
    public ulong Lost { get; internal set; }

    /// <summary>How often events were lost, with or without a number.</summary>
    public long LostNotes { get; internal set; }

    /// <summary>Time of the first event.</summary>
    public ulong FirstTime { get; internal set; }

    /// <summary>Time of the last event.</summary>
    public ulong LastTime { get; internal set; }

    /// <summary>The recorder's own figure of events overwritten before they were read, -1 when not given.</summary>
    public long RecordedOverrun { get; internal set; } = -1;

    /// <summary>The recorder's own figure of events dropped, -1 when not given.</summary>
    public long RecordedDropped { get; internal set; } = -1;

    /// <summary>The recorder's own figure of events left in the buffer plus events read from it, -1 when not given.</summary>
    public long RecordedEntries { get; internal set; } = -1;
}
