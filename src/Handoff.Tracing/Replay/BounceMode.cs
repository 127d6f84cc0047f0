namespace Handoff.Tracing.Replay;

/// <summary>Which mappings bounce.</summary>
public enum BounceMode
{
    /// <summary>As on the recorded machine.</summary>
    AsRecorded,

    /// <summary>Those that need it.</summary>
    WhenNeeded,

    /// <summary>All of them (<c>swiotlb=force</c>).</summary>
    Forced,

    /// <summary>None: there is no default pool (<c>swiotlb=noforce</c>), so that maps which would need it fail.</summary>
    Never,
}
