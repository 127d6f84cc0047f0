namespace Handoff.Tracing.Replay;

/// <summary>Why a map of a replay failed, and so what could help.</summary>
public enum FailureCause
{
    /// <summary>Fewer slots free than asked for: a larger pool helps.</summary>
    PoolFull,

    /// <summary>Slots enough, but no run of them that fits: fragmentation or alignment; a larger pool helps.</summary>
    NoRun,

    /// <summary>Longer than one bounce can be (256 KiB, less for devices with an alignment mask): no pool size helps.</summary>
    TooLong,

    /// <summary>Longer than the device's segment boundary allows: no pool size helps.</summary>
    Boundary,

    /// <summary>The pool lies beyond what the device reaches: a larger pool helps only if it reaches further down.</summary>
    PoolOutOfReach,

    /// <summary>It has to bounce, and there is no pool.</summary>
    NoPool,

    /// <summary>The kernel refuses to bounce (an attribute).</summary>
    Refused,

    /// <summary>Registers beyond what the device reaches, which never bounce.</summary>
    Registers,
}
