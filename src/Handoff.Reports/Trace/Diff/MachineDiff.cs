using System.Globalization;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;

namespace Handoff.Reports.Trace.Diff;

/// <summary>What differs about two recorded machines, as far as the recordings say.</summary>
internal static class MachineDiff
{
    /// <summary>The differences.</summary>
    public static IReadOnlyList<DiffFact> Of(TraceReport before, TraceReport after)
    {
        var facts = new List<DiffFact>();
        void Add(string id, string label, string left, string right)
        {
            if (left != right)
                facts.Add(new DiffFact(id, label, left, right));
        }

        MachineFacts? first = Known(before), second = Known(after);
        Add("kernel", "kernel", before.KernelRelease, after.KernelRelease);
        Add("architecture", "architecture", before.Architecture, after.Architecture);
        if (before.Analysis.Header.Clock is { } clock && after.Analysis.Header.Clock is { } otherClock)
            Add("clock", "clock", clock, otherClock);
        if (first is null || second is null)
        {
            if (first is not null || second is not null)
                facts.Add(new DiffFact("facts", "facts about the machine", first is null ? "" : "known", second is null ? "" : "known"));
            return facts;
        }

        Add("cpus", "processors", first.Cpus.ToString(CultureInfo.InvariantCulture), second.Cpus.ToString(CultureInfo.InvariantCulture));
        Add("memory", "memory", Memory(first), Memory(second));
        if (first.CacheAlignment is not null && second.CacheAlignment is not null)
            Add("cacheAlignment", "cache alignment", Number(first.CacheAlignment), Number(second.CacheAlignment));
        Add("pool", "bounce pool", Pool(first), Pool(second));
        Add("restrictedPools", "restricted pools", Restricted(first), Restricted(second));
        Add("dynamicPools", "pools grow", YesNo(first.DynamicPools), YesNo(second.DynamicPools));
        Add("debug", "DMA API debugging", YesNo(first.DmaApiDebug), YesNo(second.DmaApiDebug));
        Parameters(facts, first, second);
        string[] devices = [.. before.Devices.Select(static device => device.Name).Intersect(after.Devices.Select(static device => device.Name))];
        ByDevice(facts, "coherent", "snooping caches", devices, after, device => first.IsCoherent(device), device => second.IsCoherent(device));
        ByDevice(facts, "iommu", "behind an IOMMU", devices, after, first.TranslatedDevices.Contains, second.TranslatedDevices.Contains);
        return facts;
    }

    private static void ByDevice(List<DiffFact> facts, string id, string label, string[] devices, TraceReport report, Func<string, bool> before, Func<string, bool> after)
    {
        foreach (bool was in (bool[])[false, true])
        {
            string[] changed = [.. devices.Where(device => before(device) == was && after(device) != was)];
            if (changed.Length > 0)
                facts.Add(new DiffFact($"{id} {string.Join(' ', changed)}", label, YesNo(was), $"{YesNo(!was)}: {Words.List([.. changed.Select(report.Label)])}"));
        }
    }

    // Word by word, because command lines are long and differ in little.
    private static void Parameters(List<DiffFact> facts, MachineFacts before, MachineFacts after)
    {
        string[] first = before.CommandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries), second = after.CommandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] gone = [.. first.Except(second)], come = [.. second.Except(first)];
        static string NameOf(string word) => word.Split('=')[0];
        foreach (string name in gone.Concat(come).Select(NameOf).Distinct())
        {
            facts.Add(new DiffFact(
                $"parameter {name}",
                "boot parameter",
                string.Join(' ', gone.Where(word => NameOf(word) == name)),
                string.Join(' ', come.Where(word => NameOf(word) == name))));
        }
    }

    private static MachineFacts? Known(TraceReport report) => report.Analysis.Facts is { Files.IsEmpty: false } facts ? facts : null;

    private static string Memory(MachineFacts facts) => facts.Ram is null ? "" : Words.Bytes(facts.Ram.Ranges.Sum(static range => (double)range.Size));

    private static string Pool(MachineFacts facts) => facts.Swiotlb is not { } pool ? "none"
        : $"{Words.Bytes(pool.Size)} at {pool.Start}{(facts.SwiotlbAreas > 0 ? $", {Words.Count(facts.SwiotlbAreas, "area")}" : "")}";

    private static string Restricted(MachineFacts facts) => string.Join(", ", facts.RestrictedPools.Select(static pool => $"{pool.Name} {Words.Bytes(pool.Range.Size)}"));

    private static string Number(uint? value) => value is { } number ? number.ToString(CultureInfo.InvariantCulture) : "";

    private static string YesNo(bool value) => value ? "yes" : "no";
}
