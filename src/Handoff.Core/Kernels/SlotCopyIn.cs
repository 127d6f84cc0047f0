namespace Handoff.Kernels;

/// <summary>When a bounced map copies the original into its slot.</summary>
public enum SlotCopyIn
{
    /// <summary>Only for TO_DEVICE and BIDIRECTIONAL, and not with SKIP_CPU_SYNC (up to 5.17-rc5): FROM_DEVICE slots leak their last tenant.</summary>
    IfCpuOwnedAndNotSkip,

    /// <summary>Always, unless the caller passed OVERWRITE or SKIP_CPU_SYNC (5.17-rc6).</summary>
    UnlessOverwrite,

    /// <summary>For every direction and attribute (5.18 and later).</summary>
    Always,
}
