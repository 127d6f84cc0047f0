namespace Handoff.Tracing.Recordings.PerfData;

/// <summary>Where a record came from and when; what it lacks is zero.</summary>
internal struct PerfSample
{
    internal ulong Time;
    internal ulong Id;
    internal int Cpu;
    internal int Thread;
}
