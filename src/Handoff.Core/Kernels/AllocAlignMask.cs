namespace Handoff.Kernels;

/// <summary>What a request's own alignment mask does in the slot search.</summary>
public enum AllocAlignMask
{
    /// <summary>No such mask (before 5.16).</summary>
    None,

    /// <summary>It aligns the first slot (5.16 to 6.8).</summary>
    Exists,

    /// <summary>It aligns the first slot, and whole padding slots keep the original's offset (6.9).</summary>
    PaddingSlots,
}
