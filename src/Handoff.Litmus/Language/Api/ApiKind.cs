namespace Handoff.Litmus.Language;

/// <summary>Families of functions that behave alike.</summary>
public enum ApiKind
{
    /// <summary>A streaming map of one run of memory; gives a mapping.</summary>
    Map,

    /// <summary>A streaming map of a scatterlist; gives a mapping.</summary>
    MapList,

    /// <summary>The end of a <see cref="Map"/>.</summary>
    Unmap,

    /// <summary>The end of a <see cref="MapList"/>.</summary>
    UnmapList,

    /// <summary>Ownership to the CPU or to the device.</summary>
    Sync,

    /// <summary>A question about a mapping.</summary>
    Query,

    /// <summary>A change of a mask.</summary>
    Mask,

    /// <summary>An allocation; gives memory that is mapped at once.</summary>
    Allocate,

    /// <summary>The end of an <see cref="Allocate"/>.</summary>
    Release,

    /// <summary>A dma-buf call.</summary>
    DmaBuf,

    /// <summary>A call from user space.</summary>
    User,

    /// <summary>The end of a buffer.</summary>
    Free,
}
