using Handoff.Ownership;
using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Findings;

/// <summary>Passes what happens to mappings on to the statistics and to the judge of ownership.</summary>
internal sealed class TraceObserver(MappingStatistics statistics, MappingLog? log, TraceTap? tap = null) : IMappingSink
{
    private bool _isPartial; // events are missing that could speak for the accused

    /// <summary>The judge; set before the first event.</summary>
    public OwnershipJudge Judge { get; set; } = null!;

    public void Mapped(in MappedBuffer buffer)
    {
        statistics.Mapped(buffer);
        tap?.Mapped(buffer);
        if (!_isPartial)
            Judge.Mapping(buffer);
    }

    public void Failed(in MappedBuffer buffer, long used, int own)
    {
        statistics.Failed(buffer, used, own);
        tap?.Failed(buffer);
    }

    public long SlotsInUse(int device) => statistics.PoolOf(device).Used.Current;

    public void Ended(in LiveMapping mapping, in MappingEvent release)
    {
        statistics.Ended(mapping, release);
        log?.Ended(mapping, release);
        tap?.Ended(mapping, release);
        if (!_isPartial)
            Judge.Ended(mapping, release);
    }

    public void Synced(in LiveMapping mapping, in MappingEvent sync)
    {
        statistics.Synced(mapping, sync);
        log?.Synced(mapping, sync);
        if (!_isPartial)
            Judge.Synced(mapping, sync);
    }

    public void Unknown(in MappingEvent e)
    {
        statistics.Unknown(e);
        Judge.Unknown(e);
    }

    public void Forgetting(IEnumerable<LiveMapping> live) => tap?.Forgetting(live);

    public void Gap(ulong time, ulong since)
    {
        statistics.Gap(time);
        Judge.Gap(since);
    }

    public void Partial()
    {
        _isPartial = true;
        statistics.Partial();
    }

    public void Found(Finding finding)
    {
        if (!_isPartial)
            Judge.Found(finding);
    }
}
