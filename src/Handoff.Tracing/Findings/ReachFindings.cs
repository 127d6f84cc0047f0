using Handoff.Ownership;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Findings;

/// <summary>Findings about maps that no larger pool would help: too long, out of reach, no pool, an IOMMU.</summary>
internal static class ReachFindings
{
    private const ulong Limit = 262144;

    /// <summary>Requests longer than 256 KiB, or what is left of it.</summary>
    public static TraceFinding OverLimit(FindingContext context, FailureGroup failure)
    {
        string label = context.Label(failure.Device);
        bool onlyReduced = failure.ReducedByAlignment == failure.Count;
        var why = new List<string>();
        if (!onlyReduced)
            why.Add($"The longest asks for {Words.Size(failure.LargestSize)}. One bounce gets 128 slots at most, 256 KiB, however large the pool is{(failure.MostUsed >= 0 && failure.Pool is { Slots: > 0 } pool ? $"; {Words.Number(failure.FewestUsed)} of {Words.Number(pool.Slots)} were in use" : "")}.");
        if (failure.ReducedByAlignment > 0)
            why.Add($"{Words.Count(failure.ReducedByAlignment, "request")} of at most 256 KiB failed too: slots have to repeat the buffer's place in a page (dma_set_min_align_mask()), which leaves 252 KiB.");
        why.Add("The kernel's message “swiotlb buffer is full (sz: …)” says sz, the request's size, not the pool's.");
        return new TraceFinding
        {
            Kind = TraceFindingKind.RequestOverLimit,
            Id = "request-over-limit",
            Severity = FindingSeverity.Error,
            Confidence = Confidence.Certain,
            Title = $"{Words.Count(failure.Count, "mapping")} of {label} failed: longer than a bounce buffer can be",
            Devices = [failure.Device],
            Why = why,
            Cures =
            [
                new Cure("No pool size helps. Ask dma_max_mapping_size() and split: block drivers limit max_hw_sectors, others map a list."),
                .. ReachCures(context, failure),
            ],
            Evidence = [PoolFindings.Line(context, failure)],
            Count = failure.Count,
            FirstTime = failure.FirstTime,
            LastTime = failure.LastTime,
        };
    }

    /// <summary>The pool is above the mask.</summary>
    public static TraceFinding OutOfReach(FindingContext context, FailureGroup failure)
    {
        BouncePool pool = failure.Pool!;
        (ulong lowest, ulong last) = pool.Range is { } range ? (range.Start.Value, range.Start.Value + range.Size - 1) : (pool.LowestSeen, pool.HighestSeen);
        int bits = Math.Max(32, 64 - System.Numerics.BitOperations.LeadingZeroCount(last)); // 32 is the next that hardware has
        return new TraceFinding
        {
            Kind = TraceFindingKind.PoolOutOfReach,
            Id = "pool-out-of-reach",
            Severity = FindingSeverity.Error,
            Confidence = pool.Range is not null ? Confidence.Certain : Confidence.Likely,
            Title = $"{Words.Count(failure.Count, "mapping")} of {context.Label(failure.Device)} failed: its mask does not reach {FindingContext.PoolName(pool)}",
            Devices = [failure.Device],
            Why = [$"Mask 0x{failure.Mask:x}, pool from 0x{lowest:x}. The slot is taken, found out of reach (“swiotlb addr … overflow”) and given back; no pool size helps."],
            Cures =
            [
                new Cure($"Set a wider mask if the hardware takes it: {bits} bits reach the pool.", Trials: [new ReplayConfiguration { Masks = System.Collections.Immutable.ImmutableSortedDictionary<string, ulong>.Empty.Add(failure.Device, ulong.MaxValue >> (64 - bits)) }]),
                new Cure("Otherwise allocate buffers within reach (GFP_DMA, dma_alloc_coherent()), so that nothing has to bounce."),
            ],
            Evidence = [PoolFindings.Line(context, failure)],
            Count = failure.Count,
            FirstTime = failure.FirstTime,
            LastTime = failure.LastTime,
        };
    }

    /// <summary>Nothing to bounce with.</summary>
    public static TraceFinding NoPool(FindingContext context, FailureGroup failure)
    {
        bool noforce = context.PoolParameter.EndsWith("noforce", StringComparison.Ordinal);
        bool known = context.Facts is { HasNoPool: true };
        string why = noforce ? "swiotlb=noforce keeps the kernel from making a pool."
            : known ? "The kernel made no pool: all memory seemed to be within reach, or there was no room below 4 GiB."
            : context.Facts?.Swiotlb is not null ? "The machine has a pool, but no bounce was attempted. Either the event swiotlb:swiotlb_bounced was not recorded, or this memory may not bounce (peer-to-peer)."
            : context.HasBounceEvents ? "Other maps of the recording bounced; of these no bounce was attempted. They may be peer-to-peer memory or refuse to bounce."
            : "No bounce was attempted. Either there is no pool, or the event swiotlb:swiotlb_bounced was not recorded.";
        Confidence confidence = known ? Confidence.Certain : context.HasBounceEvents || context.Facts?.Swiotlb is not null ? Confidence.Possible : Confidence.Likely;
        return new TraceFinding
        {
            Kind = TraceFindingKind.NoPool,
            Id = "no-pool",
            Severity = FindingSeverity.Error,
            Confidence = confidence,
            Title = $"{Words.Count(failure.Count, "mapping")} of {context.Label(failure.Device)} failed: a bounce is needed and there is no pool",
            Devices = [failure.Device],
            Why = [why, $"Requests of {Words.Sizes(failure.SmallestSize, failure.LargestSize)}, in memory up to 0x{failure.HighestAddress:x}: above the device's mask or bus limit{(known || noforce ? "" : ", or short and written by a device that does not snoop the caches")}."],
            Cures = noforce
                ? [new Cure("Let the kernel make its pool.", "(no swiotlb=noforce)", [new ReplayConfiguration { Bounce = BounceMode.WhenNeeded }]), .. MaskCure(context, failure)]
                : known
                ? [.. MaskCure(context, failure), new Cure("Make the kernel have a pool although it sees no need; then everything bounces.", "swiotlb=force")]
                : [new Cure("See whether there is a pool: dmesg says “software IO TLB: mapped” if so; /proc/cmdline tells of swiotlb=noforce. handoff record keeps both."), .. MaskCure(context, failure)],
            Evidence = [PoolFindings.Line(context, failure)],
            Count = failure.Count,
            FirstTime = failure.FirstTime,
            LastTime = failure.LastTime,
        };
    }

    /// <summary>Behind an IOMMU.</summary>
    public static TraceFinding Translated(FindingContext context, FailureGroup failure) => new()
    {
        Kind = TraceFindingKind.TranslatedMapFailed,
        Id = "iommu-map-failed",
        Severity = FindingSeverity.Error,
        Confidence = Confidence.Likely,
        Title = $"{Words.Count(failure.Count, "mapping")} of {context.Label(failure.Device)} failed behind its IOMMU",
        Devices = [failure.Device],
        Why = [$"Requests of {Words.Sizes(failure.SmallestSize, failure.LargestSize)}; no bounce was attempted. I/O addresses or page tables ran out, or the buffer's place does not suit the IOMMU's pages."],
        Cures = [new Cure("Look for mappings that are never released (below), and whether the device's mask leaves enough addresses.")],
        Evidence = [PoolFindings.Line(context, failure)],
        Count = failure.Count,
        FirstTime = failure.FirstTime,
        LastTime = failure.LastTime,
    };

    /// <summary>Nothing in the recording says why.</summary>
    public static TraceFinding Unexplained(FindingContext context, FailureGroup failure)
    {
        bool registers = failure.Kind == MapFailureKind.Registers;
        return new TraceFinding
        {
            Kind = TraceFindingKind.MapFailed,
            Id = registers ? "resource-map-failed" : "map-failed",
            Severity = FindingSeverity.Warning,
            Confidence = Confidence.Certain,
            Title = registers
                ? $"{Words.Count(failure.Count, "map")} of registers for {context.Label(failure.Device)} failed"
                : $"{Words.Count(failure.Count, "mapping")} of {context.Label(failure.Device)} failed, and the recording does not tell of what",
            Devices = [failure.Device],
            Why =
            [
                registers
                    ? $"Registers up to 0x{failure.HighestAddress:x} are above the device's mask or bus limit; registers never bounce."
                    : failure.Pool is { Slots: 0 } unknown
                    ? $"Requests of {Words.Sizes(failure.SmallestSize, failure.LargestSize)} with {Words.Count(failure.MostUsed, "slot")} in use. The pool's size is not recorded, but slots were seen in more places than that: no run of free ones was long enough, or the kernel makes pools on demand (CONFIG_SWIOTLB_DYNAMIC) and could not make one just then. Slots used lie from 0x{unknown.LowestSeen:x} to 0x{unknown.HighestSeen:x}."
                    : $"Requests of {Words.Sizes(failure.SmallestSize, failure.LargestSize)}{(failure.Pool is { Slots: > 0 } pool ? $" with {Words.Number(failure.MostUsed)} of {Words.Number(pool.Slots)} slots in use" : "")}: free slots and a run of them were there as far as the recording shows. A segment boundary may be in the way, or slots are held that the recording does not show.",
            ],
            Evidence = [PoolFindings.Line(context, failure)],
            Count = failure.Count,
            FirstTime = failure.FirstTime,
            LastTime = failure.LastTime,
        };
    }

    /// <summary>Slots seem free, but the recording does not show all that are held.</summary>
    public static TraceFinding HeldUnseen(FindingContext context, FailureGroup failure)
    {
        BouncePool pool = failure.Pool!;
        bool wasFull = !pool.IsRestricted && context.CountedMost + failure.MostSlots > pool.Slots;
        return new TraceFinding
        {
            Kind = wasFull ? TraceFindingKind.PoolFull : TraceFindingKind.MapFailed,
            Id = wasFull ? "pool-full" : "map-failed",
            Severity = wasFull ? FindingSeverity.Error : FindingSeverity.Warning,
            Confidence = Confidence.Likely,
            Title = wasFull
                ? $"{Words.Count(failure.Count, "mapping")} of {context.Label(failure.Device)} failed: {FindingContext.PoolName(pool)} was full, mostly of what the recording does not show"
                : $"{Words.Count(failure.Count, "mapping")} of {context.Label(failure.Device)} failed, and the recording does not show who held the slots",
            Devices = [failure.Device],
            Why =
            [
                $"It asked for {Words.Sizes(failure.SmallestSize, failure.LargestSize)}; {FindingContext.PoolName(pool)} has {FindingContext.PoolSize(pool)}, of which the recording shows {Words.Number(failure.MostUsed)} in use."
                    + (context.CountedMost >= 0 ? $" The kernel's own count reached {Words.Number(context.CountedMost)}." : ""),
                "What was mapped before the recording began, or while events were lost, holds slots unseen: it was full, or its free slots lay scattered.",
            ],
            Cures =
            [
                .. PoolFindings.SizeCures(context, pool),
                new Cure("To see who holds them record from the boot on: trace_event=dma:*,swiotlb:* and trace_buf_size= on the kernel's command line."),
            ],
            Evidence = [PoolFindings.Line(context, failure)],
            Count = failure.Count,
            FirstTime = failure.FirstTime,
            LastTime = failure.LastTime,
        };
    }

    private static IEnumerable<Cure> ReachCures(FindingContext context, FailureGroup failure)
    {
        if (failure.Forced > 0)
        {
            if (PoolFindings.ForceSuffix(context).Length > 0)
                yield return new Cure("Without force only what the device cannot reach has to fit.", Trials: [new ReplayConfiguration { Bounce = BounceMode.WhenNeeded }]);
            yield break;
        }

        foreach (Cure cure in MaskCure(context, failure))
            yield return cure;
    }

    private static IEnumerable<Cure> MaskCure(FindingContext context, FailureGroup failure)
    {
        ulong mask = failure.Mask != 0 ? failure.Mask : context.DeviceOf(failure.Device)?.Mask ?? 0;
        if (mask == 0 || (failure.HighestAddress > mask && failure.LargestSize >= Limit / 1024))
        {
            yield return new Cure(
                "A wider mask (dma_set_mask()) if the hardware takes it, or buffers within reach (GFP_DMA32), so that nothing bounces.",
                Trials: [new ReplayConfiguration { Masks = System.Collections.Immutable.ImmutableSortedDictionary<string, ulong>.Empty.Add(failure.Device, ulong.MaxValue) }]);
        }
    }
}
