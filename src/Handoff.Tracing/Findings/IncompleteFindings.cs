using Handoff.Ownership;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Findings;

/// <summary>Findings about what a recording lacks, so that less can be said.</summary>
internal static class IncompleteFindings
{
    private const ulong MuchLost = 100; // one lost event in so many recorded

    /// <summary>What is missing.</summary>
    public static IEnumerable<TraceFinding> Find(FindingContext context)
    {
        TraceAnalysis analysis = context.Analysis;
        long maps = analysis.Counts.Count(DmaEventKind.MapPage) + analysis.Counts.Count(DmaEventKind.MapSg);
        if (analysis.IsInterrupted)
            yield return Note("interrupted", "Reading was interrupted: all figures are of the part that was read", "", "");
        long places = analysis.Gaps - (analysis.PartialFrom is null ? 0 : 1); // the cut is told of below
        if (places > 0 && !analysis.TooManyLive)
        {
            ulong count = analysis.Counts.LostInAll;
            if (count == 0 && context.Facts is { } facts)
                count = (ulong)UInt128.Min(ulong.MaxValue, facts.Rings.Aggregate(UInt128.Zero, static (sum, ring) => sum + (ulong)Math.Max(0, ring.Overrun) + (ulong)Math.Max(0, ring.Dropped))); // the kernel's own figures, beside the recording
            string lost = count > 0 ? $"{Words.Count((long)Math.Min(count, long.MaxValue), "event")} lost" : "an unknown number of events lost";
            bool many = count == 0 || count >= (ulong)Math.Max(analysis.Events, 1) / MuchLost;
            TraceFinding missing = Note(
                "events-lost", $"Events are missing ({lost}, in {Words.Count(places, "place")})",
                "At each place what was mapped is forgotten, so that nothing is accused of what only was not recorded. Leaks and live mappings are not known across these places.",
                "Record again with larger buffers (trace_buf_size=, trace-cmd -b), or fewer events.");
            yield return many ? missing with { Severity = FindingSeverity.Warning } : missing;
        }

        if (analysis.PartialFrom is { } from)
        {
            yield return Note(
                "events-cut", context.Since(from) > 0 ? $"From {Words.Time(context.Since(from))} after the start on, all events of some CPU are missing" : "All events of some CPU are missing",
                "The file was cut or is damaged. What the others map is counted, but what is live is not known from there on: levels, lives, leaks and misuse are not told of that part.",
                "If there is another copy of the recording, look whether that is whole.");
        }

        if (analysis.TooManyLive)
            yield return Note("too-many-live", "More mappings than can be followed were live; they were forgotten", "Live mappings and leaks are not known.", "");
        if (maps > 0 && context.Facts is null)
        {
            yield return Note(
                "no-facts", "Nothing is known of the machine but this recording",
                "Where the pool is and how large, swiotlb=, masks, coherence and IOMMUs are inferred from events, or not known; what depends on them is not certain.",
                "handoff record keeps these facts beside its recording; for this one put machine.txt and dmesg.txt beside it.");
        }

        if (maps > 0 && !context.HasUnmaps)
            yield return Note("no-unmaps", "The recording has no unmap events", "Live mappings, lifetimes and leaks are not known.", "Record all of dma:*.");
        if (maps > 0 && !context.HasBounceEvents && context.Facts is null)
            yield return Note("no-bounce-events", "The recording has no swiotlb_bounced event", "Either nothing bounced, or swiotlb:* was not recorded.", "Record swiotlb:* too.");
        foreach (RecordingDiagnostic diagnostic in analysis.Diagnostics.Where(static d => d.Severity > DiagnosticSeverity.Info))
        {
            yield return new TraceFinding
            {
                Kind = TraceFindingKind.Incomplete,
                Id = diagnostic.Id,
                Severity = diagnostic.Severity == DiagnosticSeverity.Error ? FindingSeverity.Warning : FindingSeverity.Note,
                Confidence = Confidence.Certain,
                Title = $"The file: {diagnostic.Message}",
                Devices = [],
                Why = [.. diagnostic.Offset >= 0 ? [$"At byte {Words.Number(diagnostic.Offset)}."] : (string[])[], .. diagnostic.Hint.Length > 0 ? [$"{char.ToUpperInvariant(diagnostic.Hint[0])}{diagnostic.Hint[1..]}."] : (string[])[]],
                Cures = [],
                Count = 1,
            };
        }
    }

    private static TraceFinding Note(string id, string title, string why, string cure) => new()
    {
        Kind = TraceFindingKind.Incomplete,
        Id = id,
        Severity = FindingSeverity.Note,
        Confidence = Confidence.Certain,
        Title = title,
        Devices = [],
        Why = why.Length > 0 ? [why] : [],
        Cures = cure.Length > 0 ? [new Cure(cure)] : [],
        Count = 1,
    };
}
