namespace Handoff.Ownership;

/// <summary>What memory is used for, as far as it matters to mapping it.</summary>
public enum MemoryUse
{
    /// <summary>Pages or slab objects.</summary>
    Ordinary,

    /// <summary>A task's stack.</summary>
    Stack,

    /// <summary>The vmalloc range.</summary>
    Vmalloc,

    /// <summary>Kernel text or read-only data.</summary>
    KernelText,

    /// <summary>No RAM.</summary>
    NotRam,
}
