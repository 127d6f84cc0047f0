namespace Handoff;

/// <summary>Processor architectures whose DMA rules differ.</summary>
public enum Architecture
{
    /// <summary>x86-64: every device snoops the caches; no cache maintenance, no kmalloc bouncing.</summary>
    X86_64,

    /// <summary>64-bit Arm: devices may be non-coherent; minimum DMA alignment 128.</summary>
    Arm64,

    /// <summary>64-bit RISC-V: devices may be non-coherent; cache rules as on arm64.</summary>
    Riscv64,
}
