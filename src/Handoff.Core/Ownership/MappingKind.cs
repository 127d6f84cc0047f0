namespace Handoff.Ownership;

/// <summary>By which family of calls a mapping was made; it must end by the same one.</summary>
/// <remarks>Kernel: the types of <c>kernel/dma/debug.c</c>.</remarks>
public enum MappingKind : byte
{
    /// <summary>Single buffers and pages.</summary>
    Single,

    /// <summary>A segment of a scatterlist.</summary>
    Sg,

    /// <summary>Coherent memory: allocated, not mapped; both sides own it always.</summary>
    Coherent,

    /// <summary>Registers of a device.</summary>
    Resource,

    /// <summary>Allocated cached memory that is synced like a mapping.</summary>
    Noncoherent,
}
