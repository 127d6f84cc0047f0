namespace Handoff.Tracing.Replay;

/// <summary>What a recording holds, and what of it a replay leaves out.</summary>
public sealed class LoadCounts
{
    /// <summary>Events read.</summary>
    public long Events { get; internal set; }

    /// <summary>Operations of the load.</summary>
    public long Operations { get; internal set; }

    /// <summary>Mappings that succeeded, each entry of a list counted.</summary>
    public long Mappings { get; internal set; }

    /// <summary>Those of them that bounced.</summary>
    public long Bounced { get; internal set; }

    /// <summary>Attempts that failed, a list counted once.</summary>
    public long FailedAttempts { get; internal set; }

    /// <summary>Requests that these attempts belong to.</summary>
    public long FailedRequests { get; internal set; }

    /// <summary>Requests that never went through as far as the recording tells.</summary>
    public long UnservedRequests { get; internal set; }

    /// <summary>Time of the first failed attempt, in nanoseconds; <see langword="null"/> if none failed.</summary>
    public ulong? FirstFailure { get; internal set; }

    /// <summary>Time of the first event, in nanoseconds.</summary>
    public ulong Begin { get; internal set; }

    /// <summary>Time of the last event, in nanoseconds.</summary>
    public ulong End { get; internal set; }

    /// <summary>Releases and syncs of mappings made before the recording began.</summary>
    public long WithoutMap { get; internal set; }

    /// <summary>Mappings of devices behind an IOMMU: left out.</summary>
    public long Translated { get; internal set; }

    /// <summary>Lists of which the recording has only a part, and entries that were found in the bounces before them.</summary>
    public long TruncatedLists { get; internal set; }

    /// <summary>Entries of truncated lists that nothing in the recording shows.</summary>
    public long MissingEntries { get; internal set; }

    /// <summary>Maps and syncs with a direction or length that no kernel takes.</summary>
    public long Unusable { get; internal set; }

    /// <summary>Whether the load ends before the recording does: all further events of some CPU are missing there.</summary>
    public bool IsCut { get; internal set; }

    /// <summary>Events lost while recording.</summary>
    public ulong LostEvents { get; internal set; }
}
