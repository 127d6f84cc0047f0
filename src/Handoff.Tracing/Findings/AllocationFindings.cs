using Handoff.Ownership;
using Handoff.Swiotlb;
using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Findings;

/// <summary>Findings about coherent or non-coherent memory that was not to be had, one for each reason.</summary>
internal static class AllocationFindings
{
    private const ulong LargestBounce = SwiotlbConstants.SegmentSize;
    private const ulong LargestBlock = 4 << 20; // of the page allocator, with pages of 4 KiB

    private enum Reason
    {
        RestrictedPool,
        MayNotWait,
        LargerThanBlocks,
        NoBlock,
    }

    /// <summary>All of them.</summary>
    public static IEnumerable<TraceFinding> Find(FindingContext context, IEnumerable<FailureGroup> failures)
    {
        foreach (var reason in failures.GroupBy(f => ReasonOf(context, f)).OrderBy(static g => g.Key))
            yield return Of(context, reason.Key, [.. reason.OrderByDescending(static f => f.Count)]);
    }

    private static Reason ReasonOf(FindingContext context, FailureGroup failure) =>
        context.Facts?.RestrictedPoolOf(failure.Device) is not null ? Reason.RestrictedPool
        : failure.Wait == AllocationWait.MayNot ? Reason.MayNotWait
        : failure.LargestSize > LargestBlock && (context.Facts?.PageSize ?? 4096) == 4096 ? Reason.LargerThanBlocks
        : Reason.NoBlock;

    private static TraceFinding Of(FindingContext context, Reason reason, FailureGroup[] failures)
    {
        long count = failures.Sum(static f => f.Count);
        ulong smallest = failures.Min(static f => f.SmallestSize), largest = failures.Max(static f => f.LargestSize);
        string[] devices = [.. failures.Select(static f => f.Device).Distinct()];
        string asked = $"{Words.List([.. devices.Select(context.Label)])} asked for {Words.Sizes(smallest, largest)}";
        (string summary, List<string> why, Cure[] cures) = reason switch
        {
            Reason.RestrictedPool => Restricted(smallest, largest),
            Reason.MayNotWait => MayNotWait(context, devices),
            Reason.LargerThanBlocks => ("only CMA has blocks that large", ["Blocks above 4 MiB (with 4 KiB pages) come only from the contiguous memory area (CMA), if there is one that the device reaches."],
                [new Cure("A larger contiguous area.", "cma=SIZE"), new Cure("Smaller pieces, or dma_alloc_noncontiguous().")]),
            _ => ("no block was free", Blocks(failures),
                new Cure[] { new("A larger contiguous area, for large blocks.", "cma=SIZE"), new("Allocate early, before memory is in pieces; or smaller pieces, dma_alloc_noncontiguous().") }),
        };
        if (reason != Reason.RestrictedPool && MayBeRestricted(context, failures))
            why.Add("Everything that the device maps is forced to bounce. If that is because of a restricted pool (memory-region in the device tree), coherent memory comes only from it, at most 256 KiB at a time.");
        return new TraceFinding
        {
            Kind = TraceFindingKind.AllocationFailed,
            Id = "allocation-failed",
            Severity = FindingSeverity.Warning,
            Confidence = Confidence.Certain,
            Title = $"{Words.Count(count, "allocation")} of DMA memory failed: {summary}",
            Devices = devices,
            Why = [$"{asked}{(reason == Reason.MayNotWait ? ", and may not wait (GFP_ATOMIC or GFP_NOWAIT)" : "")}.", .. why],
            Cures = cures,
            Evidence = [.. failures.Select(f => PoolFindings.Line(context, f))],
            Count = count,
            FirstTime = failures.Min(static f => f.FirstTime),
            LastTime = failures.Max(static f => f.LastTime),
        };
    }

    private static (string Short, List<string> Why, Cure[] Cures) Restricted(ulong smallest, ulong largest) => (
        smallest > LargestBounce ? "longer than a restricted pool gives" : largest > LargestBounce ? "more than a restricted pool gives" : "the restricted pool had no room",
        ["A device with a restricted pool gets coherent memory only from it, at most 256 KiB at a time."],
        smallest > LargestBounce
            ? [new Cure("Allocate at most 256 KiB at a time.")]
            : [new Cure("Allocate at most 256 KiB at a time, or make the region larger in the device tree.")]);

    private static (string Short, List<string> Why, Cure[] Cures) MayNotWait(FindingContext context, string[] devices)
    {
        bool coherent = context.Facts is { } facts && devices.All(device => facts.KnowsCoherenceOf(device) && facts.IsCoherent(device));
        var cures = new List<Cure> { new("Allocate where it may wait, with GFP_KERNEL, and keep the memory: then it may come from CMA.") };
        if (!coherent)
            cures.Add(new Cure("A larger atomic pool.", "coherent_pool=SIZE"));
        return ("they may not wait", [$"Allocations that may not wait never come from CMA{(coherent ? ": only blocks that are free just then serve them" : "; where memory has to be remapped they come from a small pool set aside at boot")}."], [.. cures]);
    }

    private static List<string> Blocks(FailureGroup[] failures)
    {
        var why = new List<string> { "No contiguous block that the device's coherent mask reaches was free." };
        if (failures.Any(static f => f.Wait == AllocationWait.Unknown))
            why.Add("Whether they could wait is not recorded: those that may not (GFP_ATOMIC) never come from CMA, and where memory has to be remapped they come from a small pool set aside at boot (coherent_pool=).");
        return why;
    }

    private static bool MayBeRestricted(FindingContext context, FailureGroup[] failures) =>
        context.Facts is null && failures.All(static f => f.SmallestSize > LargestBounce)
        && failures.Any(f => context.DeviceOf(f.Device) is { Bounced: > 0 } d && d.Bounces(BouncePredicate.Forced) == d.Bounced);
}
