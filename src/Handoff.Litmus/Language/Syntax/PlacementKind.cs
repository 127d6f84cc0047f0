namespace Handoff.Litmus.Language;

/// <summary>What pins the place of a buffer.</summary>
public enum PlacementKind
{
    /// <summary><c>above 4G</c>: all of it at or above the address.</summary>
    Above,

    /// <summary><c>below 4G</c>: all of it below the address.</summary>
    Below,

    /// <summary><c>in DMA32</c>: in a zone of the page allocator.</summary>
    InZone,

    /// <summary><c>at 0x80000000</c>: the physical address of the page or object (an <c>offset</c> is added).</summary>
    At,

    /// <summary><c>beside b</c>: the next object of the same slab, right after <c>b</c> rounded up to its slab size.</summary>
    Beside,
}
