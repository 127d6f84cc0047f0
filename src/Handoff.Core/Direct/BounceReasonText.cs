namespace Handoff.Direct;

/// <summary>Reasons to bounce in words.</summary>
public static class BounceReasonText
{
    /// <summary>A sentence without a full stop, such as "the device's mask does not reach it".</summary>
    public static string Describe(this BounceReason reason) => reason switch
    {
        BounceReason.None => "nothing asks for it",
        BounceReason.Forced => "bouncing is forced",
        BounceReason.RestrictedPool => "the device has a restricted pool",
        BounceReason.DeviceMask => "the device's mask does not reach it",
        BounceReason.BusLimit => "the bus does not reach it",
        BounceReason.OutsideWindows => "no window of the device covers it",
        BounceReason.Encrypted => "the memory is encrypted",
        BounceReason.ShortBuffer => "it is short and may share a cache line with others",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
