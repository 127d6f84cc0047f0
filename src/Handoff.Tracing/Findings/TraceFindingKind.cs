namespace Handoff.Tracing.Findings;

/// <summary>What a finding of a recording is about.</summary>
public enum TraceFindingKind
{
    /// <summary>A pool ran full because mappings are never released.</summary>
    PoolLeak,

    /// <summary>A pool is too small for its load.</summary>
    PoolFull,

    /// <summary>Requests longer than any pool gives.</summary>
    RequestOverLimit,

    /// <summary>Free slots, but no run of them long enough.</summary>
    PoolFragmented,

    /// <summary>Free slots, but scattered over areas.</summary>
    AreasTooSmall,

    /// <summary>A pool that grows on demand could not serve a request.</summary>
    PoolCannotGrow,

    /// <summary>The pool lies where the device does not reach.</summary>
    PoolOutOfReach,

    /// <summary>A bounce is needed and there is no pool.</summary>
    NoPool,

    /// <summary>Maps behind an IOMMU failed.</summary>
    TranslatedMapFailed,

    /// <summary>Maps failed and the recording does not tell of what.</summary>
    MapFailed,

    /// <summary>Allocations failed.</summary>
    AllocationFailed,

    /// <summary>Mappings are never released, though no pool is full yet.</summary>
    Leak,

    /// <summary>A few mappings outlived all others of their device.</summary>
    Stranded,

    /// <summary>A rule of ownership is broken.</summary>
    Ownership,

    /// <summary>Mappings bounce.</summary>
    Bounces,

    /// <summary>The recording lacks something, so that less can be said.</summary>
    Incomplete,
}
