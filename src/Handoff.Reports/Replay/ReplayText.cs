using System.Globalization;
using Handoff.Reports.Text;
using Handoff.Swiotlb;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Replay;

namespace Handoff.Reports.Replay;

/// <summary>The words that reports about replays share.</summary>
internal static class ReplayText
{
    /// <summary>Size of a pool in words; "none" where there is none.</summary>
    public static string Pool(ReplayOutcome outcome) => outcome.PoolSlots == 0 ? "none" : ByteSize.Of((ulong)outcome.PoolSlots << SwiotlbConstants.SlotShift);

    /// <summary>A moment of the recording's clock.</summary>
    public static string Moment(ulong nanoseconds) => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e9:F3} s");

    /// <summary>A share in per cent, with a digit after the point where it is nearly nothing or nearly all.</summary>
    public static string Percent(double share) => share is > 0 and < 0.01 or > 0.99 and < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(share * 100, 0.1, 99.9):F1} %")
        : string.Create(CultureInfo.InvariantCulture, $"{share * 100:F0} %");

    /// <summary>A number with separators.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Which load, on which machine, and how much of the recording the recorded configuration reproduces.</summary>
    public static void WriteHeading(RecordedLoad load, ReplayOutcome recorded, Ink ink, int width)
    {
        LoadCounts counts = load.Counts;
        string kernel = load.Machine.KernelRelease is { Length: > 0 } release ? $"linux {release}" : recorded.Kernel.Name;
        string time = Words.Time(counts.End - counts.Begin);
        ink.Write(load.Name, Tone.Strong).WriteLine($" · {kernel} · {time} · {Quantity.Of(counts.Events, "event")} · {Quantity.Of(load.Devices.Count, "device")}");
        Paragraph(ink, width, recorded.PoolSlots == 0
            ? "no bounce pool"
            : $"pool {Pool(recorded)} ({Quantity.Of(recorded.PoolSlots, "slot")}, {Quantity.Of(recorded.Areas, "area")}{(recorded.Forced ? ", every mapping bounces" : "")}) at 0x{recorded.Pool!.Value.Start.Value:x}");
        bool all = recorded.SameOutcome == recorded.Compared;
        string reproduced = $"reproduced {Number(recorded.SameOutcome)} of {Number(recorded.Compared)} outcomes";
        if (recorded.ComparedAddresses > 0 && (recorded.SameAddress > 0 || !load.Machine.IsPoolAssumed))
            reproduced += $", {Number(recorded.SameAddress)} of {Number(recorded.ComparedAddresses)} addresses";
        if (recorded.FirstDifference is { } first)
            reproduced += $"; the first difference is at {Moment(first)}";
        Paragraph(ink, width, reproduced, all ? Tone.Good : Tone.Warning);
        ink.WriteLine();
    }

    /// <summary>What a reader has to know before trusting the figures.</summary>
    public static IEnumerable<string> Notes(RecordedLoad load)
    {
        LoadCounts counts = load.Counts;
        if (load.Machine.Assumptions.Count > 0)
            yield return $"Assumed, because nothing tells: {string.Join("; ", load.Machine.Assumptions)}.";
        if (!load.TimeIsNanoseconds)
            yield return "The recording's clock counts ticks: times here are billions of them, and attempts of one request are told apart by them.";
        if (counts.FailedAttempts > counts.FailedRequests)
        {
            yield return $"{Quantity.Of(counts.FailedRequests, "request")} failed in the recording, in {Quantity.Of(counts.FailedAttempts, "attempt")}: "
                + "the same device asking for the same bytes again within a second is one request.";
        }

        if (counts.UnservedRequests > 0)
        {
            yield return $"{Quantity.Of(counts.UnservedRequests, "request")} failed in the recording for good. How long they would have lasted is assumed "
                + "(the median of their device), and what their drivers would have done next is not recorded: figures are lower bounds.";
        }

        if (counts.Translated > 0)
            yield return $"{Quantity.Of(counts.Translated, "mapping")} of devices behind an IOMMU left out.";
        if (counts.MissingEntries > 0)
            yield return $"{Quantity.Of(counts.MissingEntries, "list entry", "list entries")} beyond the 128 that the kernel traces left out: they did not bounce, so only a replay in which they would misses them.";
        if (counts.IsCut)
            yield return $"The load ends at {Moment(counts.End)}: from there on the recording lacks all events of some CPU, and with them the releases of what others map.";
        if (counts.LostEvents > 0)
            yield return $"The recording lost {Quantity.Of((long)Math.Min(counts.LostEvents, long.MaxValue), "event")}: what they mapped or released is missing.";
    }

    /// <summary>Writes the notes.</summary>
    public static void WriteNotes(RecordedLoad load, Ink ink, int width)
    {
        bool any = false;
        foreach (string note in Notes(load))
        {
            if (!any)
                ink.WriteLine();
            any = true;
            Paragraph(ink, width, note, Tone.Muted);
        }
    }

    /// <summary>Failures in a sentence: who, how many, why.</summary>
    public static string Describe(ReplayFailure failure) =>
        $"{failure.Device}: {Quantity.Of(failure.Count, "request")} up to {ByteSize.Of(failure.Largest)}: "
        + (failure.Region is { } region && failure.Cause.DependsOnSize() ? $"the region {region} is full" : failure.Cause.Describe());

    /// <summary>What would help.</summary>
    public static string Cure(ReplayFailure failure) =>
        failure.Cause.DependsOnSize() && failure.Region is { } region ? $"enlarge the reserved region {region}" : Cure(failure.Cause);

    /// <summary>What would help against a cause.</summary>
    public static string Cure(FailureCause cause) => cause switch
    {
        FailureCause.TooLong => "one bounce holds 256 KiB, less with an alignment mask: map less at once (dma_max_mapping_size() tells how much), or memory that the device reaches",
        FailureCause.Boundary => "map no more at once than the segment boundary allows",
        FailureCause.PoolOutOfReach => "no size moves the pool into reach: a wider mask, or memory that the device reaches (GFP_DMA, GFP_DMA32)",
        FailureCause.NoPool => "boot with a pool (without swiotlb=noforce), or map memory that the device reaches",
        FailureCause.Registers => "a wider mask: registers are mapped where they are",
        FailureCause.Refused => "the caller does not allow a bounce: map memory that the device reaches",
        _ => "a larger pool",
    };

    /// <summary>Writes a paragraph.</summary>
    public static void Paragraph(Ink ink, int width, string text, Tone tone = Tone.Plain, string indent = "")
    {
        foreach (string line in TextWidth.Wrap(text, width - indent.Length))
            ink.Write(indent).WriteLine(line, tone);
    }
}
