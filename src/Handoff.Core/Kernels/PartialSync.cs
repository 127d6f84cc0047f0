namespace Handoff.Kernels;

/// <summary>How a sync of a part of a bounced mapping finds its original bytes.</summary>
public enum PartialSync
{
    /// <summary>Always from the start of the mapping (before 5.13).</summary>
    BaseOnly,

    /// <summary>By offset; an address below the mapping's offset in its slot is warned about and copies nothing (5.13 to 6.8).</summary>
    OffsetAware,

    /// <summary>By offset, which may be negative relative to a later slot (6.9).</summary>
    NegativeOffset,
}
