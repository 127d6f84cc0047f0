namespace Handoff.Tracing.Mappings;

/// <summary>Words for predicates.</summary>
public static class BouncePredicateText
{
    /// <summary>The word used in tables and JSON, such as <c>mask</c>.</summary>
    public static string Word(this BouncePredicate predicate) => predicate switch
    {
        BouncePredicate.Forced => "forced",
        BouncePredicate.RestrictedPool => "restricted-pool",
        BouncePredicate.EncryptedGuest => "encrypted-guest",
        BouncePredicate.DeviceMask => "mask",
        BouncePredicate.BusLimit => "bus-limit",
        BouncePredicate.OutsideWindows => "windows",
        BouncePredicate.ShortBuffer => "short",
        BouncePredicate.Untrusted => "untrusted",
        _ => "unknown",
    };

    /// <summary>What is so, after “because”.</summary>
    public static string Because(this BouncePredicate predicate) => predicate switch
    {
        BouncePredicate.Forced => "bouncing is forced",
        BouncePredicate.RestrictedPool => "the device has a restricted pool",
        BouncePredicate.EncryptedGuest => "the guest's memory is encrypted",
        BouncePredicate.DeviceMask => "the buffers lie above the device's mask",
        BouncePredicate.BusLimit => "the buffers lie above what the bus carries",
        BouncePredicate.OutsideWindows => "no window of the bus covers the buffers",
        BouncePredicate.ShortBuffer => "the buffers are short and the device does not snoop the caches",
        BouncePredicate.Untrusted => "the device is untrusted and the buffers do not fill their pages",
        _ => "they are short and the device does not snoop the caches, or the bus does not carry their addresses, or (behind an IOMMU) the device is untrusted: the recording does not tell which",
    };
}
