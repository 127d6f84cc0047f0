namespace Handoff.Coherent;

/// <summary>Memory that was allocated for a device.</summary>
/// <param name="Cpu">Where kernel code reaches it; the cookie if <see cref="View"/> is <see cref="CpuView.None"/>.</param>
/// <param name="Dma">Where the device reaches it.</param>
/// <param name="Physical">First byte.</param>
/// <param name="Size">Bytes as asked for.</param>
/// <param name="View">How the CPU sees it.</param>
/// <param name="Source">Where it came from.</param>
public sealed record DmaBuffer(VirtualAddress Cpu, DmaAddress Dma, PhysicalAddress Physical, ulong Size, CpuView View, MemorySource Source);
