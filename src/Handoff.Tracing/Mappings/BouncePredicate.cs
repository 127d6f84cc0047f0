namespace Handoff.Tracing.Mappings;

/// <summary>Which condition made the kernel bounce a mapping, as far as a recording tells.</summary>
public enum BouncePredicate
{
    /// <summary>
    /// The recording does not tell: a short buffer is not cached coherently, or lies beyond what the bus carries, or its device is untrusted; no fact or other
    /// mapping of the device decides between them.
    /// </summary>
    Unknown = 0,

    /// <summary>Every mapping is forced to bounce: <c>swiotlb=force</c>, or whatever else the machine's facts would have told.</summary>
    Forced,

    /// <summary>The device has a restricted pool.</summary>
    RestrictedPool,

    /// <summary>The guest's memory is encrypted; devices reach only the decrypted pool.</summary>
    EncryptedGuest,

    /// <summary>The last byte lies beyond the device's mask.</summary>
    DeviceMask,

    /// <summary>Within the device's mask, but beyond what the bus above it carries.</summary>
    BusLimit,

    /// <summary>No window of the bus covers the buffer.</summary>
    OutsideWindows,

    /// <summary>A short buffer that a non-coherent device writes may share a cache line with its neighbours.</summary>
    ShortBuffer,

    /// <summary>Behind an IOMMU: an untrusted device would see the rest of a page.</summary>
    Untrusted,
}
