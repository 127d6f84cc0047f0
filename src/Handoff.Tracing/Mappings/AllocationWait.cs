namespace Handoff.Tracing.Mappings;

/// <summary>Whether an allocation may wait until memory is free: whoever may not gets less.</summary>
/// <remarks>Kernel: <c>gfpflags_allow_blocking()</c>.</remarks>
internal enum AllocationWait
{
    /// <summary>The recording does not tell.</summary>
    Unknown = 0,

    /// <summary>It may (<c>GFP_KERNEL</c>).</summary>
    May,

    /// <summary>It may not (<c>GFP_ATOMIC</c>, <c>GFP_NOWAIT</c>).</summary>
    MayNot,
}
