using Handoff.Ownership;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;

namespace Handoff.Reports.Trace;

/// <summary>What a recording shows not to be wrong. Only what it could have shown counts.</summary>
internal static class TraceAssurances
{
    public static IReadOnlyList<string> Of(TraceAnalysis analysis, IReadOnlyList<TraceFinding> findings)
    {
        var phrases = new List<string>();
        bool Has(params ReadOnlySpan<TraceFindingKind> kinds)
        {
            foreach (TraceFindingKind kind in kinds)
            {
                if (findings.Any(f => f.Kind == kind))
                    return true;
            }

            return false;
        }

        bool Broken(params FindingRule[] rules) => findings.Any(f => rules.Any(r => r.Id == f.Id));
        bool judged = analysis.PartialFrom is null; // where a processor's events are missing, nobody is accused, and nobody cleared
        bool whole = analysis is { Gaps: 0, TooManyLive: false, IsInterrupted: false };
        long maps = analysis.Counts.Count(DmaEventKind.MapPage) + analysis.Counts.Count(DmaEventKind.MapSg);
        long unmaps = analysis.Counts.Count(DmaEventKind.UnmapPage) + analysis.Counts.Count(DmaEventKind.UnmapSg);
        long syncs = analysis.Counts.Count(DmaEventKind.SyncSingleForCpu) + analysis.Counts.Count(DmaEventKind.SyncSingleForDevice)
            + analysis.Counts.Count(DmaEventKind.SyncSgForCpu) + analysis.Counts.Count(DmaEventKind.SyncSgForDevice);
        if (maps > 0 && !analysis.Statistics.Devices.Any(static d => d.FailedMaps + d.FailedLists > 0))
            phrases.Add("no failed map");
        if (maps > 0 && unmaps > 0 && whole && !Has(TraceFindingKind.Leak, TraceFindingKind.PoolLeak, TraceFindingKind.Stranded))
            phrases.Add("no leak");
        if (maps > 0 && unmaps > 0 && judged)
        {
            if (!Broken(FindingRules.DoubleUnmap, FindingRules.UnknownUnmap))
                phrases.Add("no double unmap");
            if (!Broken(FindingRules.WrongSize, FindingRules.WrongDirection, FindingRules.WrongKind, FindingRules.WrongDevice))
                phrases.Add("unmaps agree with their maps");
        }

        if (syncs > 0 && judged && !Broken(FindingRules.SyncAfterUnmap, FindingRules.SyncPastEnd, FindingRules.SyncOfNothing))
            phrases.Add("no sync outside a mapping");
        if (analysis.Gaps == 0)
            phrases.Add("no event lost");
        return phrases;
    }
}
