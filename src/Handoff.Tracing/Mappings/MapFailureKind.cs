namespace Handoff.Tracing.Mappings;

/// <summary>What a failed map or allocation failed of, as far as the moment of failure tells.</summary>
public enum MapFailureKind
{
    /// <summary>The recording does not tell.</summary>
    Unexplained = 0,

    /// <summary>The request is longer than any pool gives: 256 KiB, less what keeping the buffer's place in a page costs.</summary>
    OverLimit,

    /// <summary>Fewer slots were free than the request needs.</summary>
    Full,

    /// <summary>Enough slots were free in one area, but no run of them was long enough.</summary>
    Fragmented,

    /// <summary>Enough slots were free, but scattered over areas of which none had enough.</summary>
    AreasTooSmall,

    /// <summary>The pool lies where the device does not reach.</summary>
    PoolOutOfReach,

    /// <summary>A bounce was needed and none was attempted: there is no pool.</summary>
    NoPool,

    /// <summary>A bounce was attempted in a pool whose size is not known.</summary>
    PoolOfUnknownSize,

    /// <summary>A pool that grows on demand could not serve the request.</summary>
    GrowingPool,

    /// <summary>An IOMMU translates for the device, and no bounce was attempted.</summary>
    Translated,

    /// <summary>A map of registers failed.</summary>
    Registers,

    /// <summary>An allocation failed.</summary>
    Allocation,
}
