namespace Handoff.Kernels;

/// <summary>What the CC_SHARED attribute (memory already decrypted) means.</summary>
public enum CcShared
{
    /// <summary>Unknown attribute: ignored (before 7.1).</summary>
    Unknown,

    /// <summary>A device forced to bounce maps directly at the decrypted address; on any other device the map fails (7.1).</summary>
    ForcedDevicesOnly,

    /// <summary>
    /// The attribute picks the address encoding; a device that needs decrypted memory and gets private memory is
    /// incapable and bounces (7.3; details unconfirmed).
    /// </summary>
    Explicit,
}
