using System.Collections.Immutable;
using Handoff.Ownership;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Findings;

/// <summary>Findings about what bounces, and why.</summary>
internal static class BounceFindings
{
    private const ulong WorthNaming = 1 << 20; // bytes bounced of a device
    private const double WorthSaying = 256 << 10; // bytes bounced for one reason …
    private const double WorthShare = 0.01; // … or this part of all traffic
    private const double MuchTime = 0.01; // of one processor

    /// <summary>One finding for each reason, and for what has to do with a mask one for each device.</summary>
    public static IEnumerable<TraceFinding> Find(FindingContext context)
    {
        var byReason = new Dictionary<BouncePredicate, List<DeviceStatistics>>();
        foreach (DeviceStatistics device in context.Statistics.Devices)
        {
            if (device.Bounced == 0)
                continue;
            foreach (BouncePredicate predicate in Enum.GetValues<BouncePredicate>())
            {
                if (device.Bounces(predicate) == 0)
                    continue;
                if (!byReason.TryGetValue(predicate, out List<DeviceStatistics>? devices))
                    byReason.Add(predicate, devices = []);
                devices.Add(device);
            }
        }

        foreach ((BouncePredicate predicate, List<DeviceStatistics> devices) in byReason)
        {
            double all = context.Statistics.Devices.Sum(static d => (double)d.Bytes);
            bool IsWorthSaying(IEnumerable<DeviceStatistics> some) => some.Sum(d => (double)d.BounceBytes(predicate)) is var bytes && (bytes >= WorthSaying || bytes >= WorthShare * all);
            if (!IsWorthSaying(devices))
                continue; // the table of bounces has it

            bool apart = predicate is BouncePredicate.DeviceMask or BouncePredicate.BusLimit or BouncePredicate.OutsideWindows;
            List<DeviceStatistics> small = apart ? devices.FindAll(d => d.BounceBytes(predicate) < WorthNaming) : [];
            if (!apart || small.Count == devices.Count)
            {
                yield return Of(context, predicate, devices);
                continue;
            }

            foreach (DeviceStatistics device in devices.Except(small))
                yield return Of(context, predicate, [device]);
            if (small.Count > 0 && IsWorthSaying(small))
                yield return Of(context, predicate, small);
        }
    }

    private static TraceFinding Of(FindingContext context, BouncePredicate predicate, List<DeviceStatistics> devices)
    {
        devices.Sort((a, b) => b.BounceBytes(predicate).CompareTo(a.BounceBytes(predicate)));
        double bytes = devices.Sum(d => (double)d.BounceBytes(predicate)), all = devices.Sum(static d => (double)d.Bytes);
        long count = devices.Sum(d => d.Bounces(predicate));
        double copied = devices.Sum(static d => (double)d.CopiedIn + d.CopiedOut) * (bytes / Math.Max(devices.Sum(static d => (double)d.BouncedBytes), 1));
        double time = CopyCost.Of(devices, context.Statistics.Devices) * (bytes / Math.Max(devices.Sum(static d => (double)d.BouncedBytes), 1));
        double share = context.Duration == 0 ? 0 : time / context.Duration;
        string who = devices.Count == 1 ? context.Label(devices[0].Name) : Words.Count(devices.Count, "device");
        bool nanoseconds = context.Analysis.Header.TimeIsNanoseconds;
        var why = new List<string>
        {
            $"{Words.Count(count, "buffer")} of {Sizes(devices, predicate)} bounced because {Because(context, predicate, devices)}.",
            $"{Words.Bytes(copied)} copied" + (time > 0 && nanoseconds ? $", about {Words.Time((ulong)time)} of processor time ({Words.Percent(share, 1)} of one processor; measured from bounce to map, estimated for copies back)." : "."),
        };
        if (devices.Count > 1)
            why.Add($"By bytes: {Words.List([.. devices.Select(d => $"{context.Label(d.Name)} {Words.Bytes(d.BounceBytes(predicate))}")], 4)}.");
        return new TraceFinding
        {
            Kind = TraceFindingKind.Bounces,
            Id = "bounces-" + predicate.Word(),
            Severity = share >= MuchTime ? FindingSeverity.Warning : FindingSeverity.Note,
            Confidence = ConfidenceOf(context, predicate, devices),
            Title = $"{who} {(devices.Count == 1 ? "bounces" : "bounce")} {Words.Percent(bytes, all)} of {(devices.Count == 1 ? "its" : "their")} traffic: {Short(context, predicate, devices)}",
            Devices = [.. devices.Select(static d => d.Name)],
            Why = why,
            Cures = [.. Cures(context, predicate, devices)],
            Count = count,
            FirstTime = devices.Min(static d => d.FirstTime),
            LastTime = null,
        };
    }

    private static string Sizes(List<DeviceStatistics> devices, BouncePredicate predicate)
    {
        int lowest = -1, highest = -1;
        for (int sizes = 0; sizes < SizeClass.Count; sizes++)
        {
            if (!devices.Exists(d => d.Bounces(predicate, sizes) > 0))
                continue;
            lowest = lowest < 0 ? sizes : lowest;
            highest = sizes;
        }

        return lowest == highest || lowest < 0 ? SizeClass.Name(Math.Max(highest, 0)) : $"{SizeClass.Name(lowest)} to {SizeClass.Name(highest)}";
    }

    /// <summary>The mask that buffers ended above: a driver may set several one after another.</summary>
    private static string MaskText(DeviceStatistics device)
    {
        ulong mask = device.NarrowestExceeded;
        int bits = BitsOf(mask);
        if (mask != device.WidestExceeded)
            return $"masks of {bits} to {BitsOf(device.WidestExceeded)} bits";
        return mask == DmaMask.Bits(bits) ? $"{bits}-bit mask" : $"mask 0x{mask:x}";
    }

    private static int BitsOf(ulong mask) => 64 - System.Numerics.BitOperations.LeadingZeroCount(mask);

    private static string Short(FindingContext context, BouncePredicate predicate, List<DeviceStatistics> devices) => predicate switch
    {
        BouncePredicate.DeviceMask when devices is [{ NarrowestExceeded: > 0 } device] => $"{MaskText(device)}, buffers above {(device.NarrowestExceeded == device.WidestExceeded ? "it" : "them")}",
        BouncePredicate.Forced => PoolFindings.ForceSuffix(context).Length > 0 ? $"swiotlb={context.PoolParameter}" : "bouncing is forced",
        _ => predicate.Because(),
    };

    private static string Because(FindingContext context, BouncePredicate predicate, List<DeviceStatistics> devices) => predicate switch
    {
        BouncePredicate.Forced when PoolFindings.ForceSuffix(context).Length > 0 => $"swiotlb={context.PoolParameter} forces it",
        BouncePredicate.Forced when context.Facts is null => "bouncing is forced: by swiotlb=force, an encrypted guest, or a restricted pool",
        BouncePredicate.DeviceMask when devices is [{ NarrowestExceeded: > 0 } device] => $"they end above its {MaskText(device)}",
        BouncePredicate.BusLimit when context.Facts is null => "they end above what the bus carries (within the device's mask, so it must be a bus limit)",
        _ => predicate.Because(),
    };

    /// <summary>Without facts, a device that never maps anything directly may be behind an IOMMU: then no mask is the reason.</summary>
    private static Confidence ConfidenceOf(FindingContext context, BouncePredicate predicate, List<DeviceStatistics> devices) => predicate switch
    {
        BouncePredicate.DeviceMask when context.Facts is null && devices.Exists(static d => !d.KnowsWindow) => Confidence.Likely,
        BouncePredicate.Forced when context.Facts is null => Confidence.Likely,
        BouncePredicate.DeviceMask or BouncePredicate.Forced or BouncePredicate.OutsideWindows => Confidence.Certain,
        BouncePredicate.Unknown => Confidence.Possible,
        _ => context.Facts is null ? Confidence.Likely : Confidence.Certain,
    };

    private static IEnumerable<Cure> Cures(FindingContext context, BouncePredicate predicate, List<DeviceStatistics> devices)
    {
        switch (predicate)
        {
            case BouncePredicate.DeviceMask:
                ImmutableSortedDictionary<string, ulong> masks = devices.ToImmutableSortedDictionary(static d => d.Name, static _ => ulong.MaxValue, StringComparer.Ordinal);
                yield return new Cure("A 64-bit mask (dma_set_mask()) if the hardware takes it; otherwise buffers within reach, GFP_DMA32 or dma_alloc_coherent().", Trials: [new ReplayConfiguration { Masks = masks }])
                {
                    ReplayOptions = string.Join(' ', masks.Keys.Select(static device => $"--mask {device}=64")),
                };
                break;
            case BouncePredicate.BusLimit or BouncePredicate.OutsideWindows:
                yield return new Cure("Check dma-ranges of the bus in the device tree; otherwise allocate buffers within its windows.");
                break;
            case BouncePredicate.Forced:
                if (PoolFindings.ForceSuffix(context).Length > 0)
                    yield return new Cure("Without force only what devices do not reach bounces.", Trials: [new ReplayConfiguration { Bounce = BounceMode.WhenNeeded }]) { ReplayOptions = "--bounce needed" };
                else if (context.Facts is null)
                    yield return new Cure("See which it is: swiotlb=force stands in /proc/cmdline, an encrypted guest says so in dmesg (“Memory Encryption Features active”), a restricted pool is the device's memory-region.");
                break;
            case BouncePredicate.ShortBuffer:
                yield return new Cure("Receive into whole cache lines: buffers of dma_get_cache_alignment() or more do not bounce.");
                break;
            case BouncePredicate.Untrusted:
                yield return new Cure("Give the device whole pages; or trust its port, if that is safe.");
                break;
            case BouncePredicate.EncryptedGuest or BouncePredicate.RestrictedPool:
                yield return new Cure("By design. Long-lived buffers from dma_alloc_coherent() or dma_alloc_pages() need no copies.");
                break;
            default:
                break;
        }
    }
}
