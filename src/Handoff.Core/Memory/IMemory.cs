namespace Handoff;

/// <summary>
/// What the mapping layer does to memory. Decisions are the same whatever stands behind this interface:
/// real bytes (<see cref="RealMemory"/>), only counters (<see cref="CountingMemory"/>), or the versions of a litmus explorer.
/// </summary>
/// <remarks>
/// Implement it as a <see langword="struct"/>: the layer takes the type as a parameter, so every call is direct.
/// All addresses are physical, all sizes in bytes. Calls come in the order in which the kernel acts.
/// </remarks>
public interface IMemory
{
    /// <summary>The CPU copies <paramref name="size"/> bytes through its cache (a bounce, either way).</summary>
    void Copy(PhysicalAddress from, PhysicalAddress to, ulong size);

    /// <summary>The CPU writes zeroes through its cache (fresh allocations).</summary>
    void Zero(PhysicalAddress start, ulong size);

    /// <summary>Writes dirty lines back to memory and keeps them, every line that the range touches.</summary>
    /// <remarks>Kernel: <c>arch_sync_dma_for_device()</c> on arm64, and <c>arch_dma_prep_coherent()</c>.</remarks>
    void Clean(PhysicalAddress start, ulong size);

    /// <summary>Drops lines so that the next read sees memory; partly covered lines are written back first.</summary>
    /// <remarks>Kernel: <c>arch_sync_dma_for_cpu()</c> on arm64 for FROM_DEVICE and BIDIRECTIONAL.</remarks>
    void Invalidate(PhysicalAddress start, ulong size);
}
