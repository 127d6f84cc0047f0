namespace Handoff.Tracing.Bundles;

/// <summary>What the kernel's ring buffer of one CPU said about itself.</summary>
/// <param name="Cpu">The CPU.</param>
/// <param name="Entries">Events in the buffer.</param>
/// <param name="Overrun">Events overwritten before they were read.</param>
/// <param name="Dropped">Events that found no room.</param>
public sealed record CpuRingFacts(int Cpu, long Entries, long Overrun, long Dropped);
