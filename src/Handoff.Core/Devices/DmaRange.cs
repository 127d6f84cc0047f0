namespace Handoff;

/// <summary>One window through which a device sees memory (an entry of <c>dma-ranges</c>).</summary>
/// <remarks>Kernel: <c>struct bus_dma_region</c> (<c>include/linux/dma-direct.h</c>).</remarks>
/// <param name="CpuStart">First physical byte of the window.</param>
/// <param name="DmaStart">The address at which the device sees that byte.</param>
/// <param name="Size">Length in bytes.</param>
public readonly record struct DmaRange(PhysicalAddress CpuStart, DmaAddress DmaStart, ulong Size);
