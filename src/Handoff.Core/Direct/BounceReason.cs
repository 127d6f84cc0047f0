namespace Handoff.Direct;

/// <summary>Why a mapping has to go through a bounce buffer.</summary>
public enum BounceReason
{
    /// <summary>It need not: the device reaches the buffer as it is.</summary>
    None,

    /// <summary>Every mapping is forced to bounce: <c>swiotlb=force</c> or a confidential guest.</summary>
    Forced,

    /// <summary>The device has a restricted pool, so every mapping goes through it.</summary>
    RestrictedPool,

    /// <summary>The last byte lies beyond the device's streaming mask.</summary>
    DeviceMask,

    /// <summary>The last byte lies beyond what the upstream bus carries.</summary>
    BusLimit,

    /// <summary>No window of the device covers the first byte.</summary>
    OutsideWindows,

    /// <summary>The memory is encrypted and the device sees only decrypted memory.</summary>
    Encrypted,

    /// <summary>A short buffer of a non-coherent device may share a cache line with its neighbours.</summary>
    ShortBuffer,
}
