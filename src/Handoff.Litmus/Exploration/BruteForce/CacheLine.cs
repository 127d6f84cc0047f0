namespace Handoff.Litmus.Exploration.BruteForce;

/// <summary>What the CPU cache has of a line.</summary>
internal enum CacheLine : byte
{
    Absent,
    Clean,
    Dirty,
}
