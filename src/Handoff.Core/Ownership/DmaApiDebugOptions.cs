using Handoff.Kernels;

namespace Handoff.Ownership;

/// <summary>How the kernel with the debug checks is built and run.</summary>
public sealed record DmaApiDebugOptions
{
    /// <summary>Which checks the kernel has; <see cref="KernelSwitches.DebugChecks"/> and <see cref="KernelSwitches.KmallocBounce"/> matter.</summary>
    public KernelSwitches Kernel { get; init; } = new();

    /// <summary>Whether the architecture builds kmalloc bouncing at all (arm64 and riscv64).</summary>
    public bool NonCoherentArchitecture { get; init; } = true;

    /// <summary>Whether a device has a bounce pool. By default every one.</summary>
    public Func<DeviceFacts, bool> HasBouncePool { get; init; } = static _ => true;

    /// <summary>Bytes of a line as the kernel is compiled. Kernel: <c>L1_CACHE_BYTES</c>.</summary>
    public uint CacheLineSize { get; init; } = 64;

    /// <summary>Whether segments are checked against the device's limits (<c>CONFIG_DMA_API_DEBUG_SG</c>).</summary>
    public bool ChecksSegments { get; init; } = true;

    /// <summary>Errors that are printed. Kernel: debugfs <c>num_errors</c>.</summary>
    public int ErrorsToPrint { get; init; } = 1;

    /// <summary>Whether all errors are printed. Kernel: debugfs <c>all_errors</c>.</summary>
    public bool PrintsAll { get; init; }

    /// <summary>What memory is used for; <see langword="null"/> if not known.</summary>
    public Func<PhysicalAddress, ulong, MemoryUse>? MemoryUseOf { get; init; }
}
