namespace Handoff.Litmus.Language;

/// <summary>What a name of a litmus test stands for.</summary>
public enum SymbolKind
{
    /// <summary>A declared device.</summary>
    Device,

    /// <summary>A declared buffer.</summary>
    Buffer,

    /// <summary>A neighbour of a buffer.</summary>
    Neighbour,

    /// <summary>A declared scatterlist (and, once mapped without a target, that mapping).</summary>
    List,

    /// <summary>The result of a map.</summary>
    Mapping,

    /// <summary>The result of an allocation: memory that is mapped at once, for CPU and device alike.</summary>
    Allocation,

    /// <summary>The result of an attach.</summary>
    Attachment,

    /// <summary>A number or anything that was read.</summary>
    Value,

    /// <summary>A thread.</summary>
    Thread,
}
