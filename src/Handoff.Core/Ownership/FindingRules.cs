using System.Collections.Immutable;
using System.Text;

namespace Handoff.Ownership;

/// <summary>All numbered findings. Numbers are never reused.</summary>
public static class FindingRules
{
    private const FindingSeverity Warning = FindingSeverity.Warning, Error = FindingSeverity.Error;

    private const string OnlyPages = "Any machine may corrupt memory: the address behind such a pointer is not what the driver thinks.";
    private const string StackHint = "Map memory from kmalloc or the page allocator.";

    private static readonly List<FindingRule> List = [];

    /// <summary>A mapping was never ended.</summary>
    public static FindingRule Leak { get; } = Add(
        1, Error, "mapping still live when its device is released",
        "Without a bounce pool or an IOMMU it goes unnoticed; with one, slots or address space run out.", "Unmap on every path, error paths too.");

    /// <summary>Unmapped twice.</summary>
    public static FindingRule DoubleUnmap { get; } = Add(
        2, Error, "unmap of a mapping that has ended already",
        "Silent where mapping is direct; where it bounces or translates, the second unmap hits whoever has the slot or address by then.",
        "Unmap once; forget the address when it is unmapped.");

    /// <summary>Unmap of an address nobody mapped.</summary>
    public static FindingRule UnknownUnmap { get; } = Add(
        3, Error, "unmap of an address that is no mapping",
        "As with a double unmap: silent or corrupting, depending on the machine.", "Pass the address that the map returned, not an offset into it.");

    /// <summary>Unmap of the error value.</summary>
    public static FindingRule UnmapOfError { get; } = Add(
        4, Error, "unmap of the error value of a failed map",
        "With an IOMMU it may tear down a neighbour's translation.", "Check the map with dma_mapping_error() and unmap only what was mapped.");

    /// <summary>Unmap with another size.</summary>
    public static FindingRule WrongSize { get; } = Add(
        5, Error, "unmap with another size than the map",
        "Non-coherent: too few or too many lines are invalidated. Bounced: too few bytes come back. IOMMU: a part stays mapped.",
        "Keep the size beside the address.");

    /// <summary>Unmap with another direction.</summary>
    public static FindingRule WrongDirection { get; } = Add(
        6, Error, "unmap with another direction than the map",
        "Non-coherent or bounced: the device's data is not brought back, or the CPU's is overwritten.", "Use the map's direction.");

    /// <summary>Unmap by another family of calls.</summary>
    public static FindingRule WrongKind { get; } = Add(
        7, Error, "mapping ended by another family of calls than made it",
        "Coherent memory is remapped or pooled on non-coherent machines, lists may be merged by an IOMMU: the wrong call frees the wrong thing.",
        "Pair map_single with unmap_single, map_sg with unmap_sg, alloc with free.");

    /// <summary>Unmap with other attributes.</summary>
    public static FindingRule WrongAttributes { get; } = Add(
        8, Warning, "unmap with other attributes than the map",
        "Reported by debug kernels from 7.2. SKIP_CPU_SYNC at unmap alone drops what the device wrote where it bounces.", "Pass the same attributes to both.");

    /// <summary>Unmap for another device.</summary>
    public static FindingRule WrongDevice { get; } = Add(
        9, Error, "mapping ended for another device than it was made for",
        "Masks, windows, pools and translations are per device: silent on a machine where both devices are alike.", "Keep the device beside the address.");

    /// <summary>A list unmapped with another count.</summary>
    public static FindingRule WrongEntryCount { get; } = Add(
        10, Error, "list unmapped with another number of entries than mapped",
        "Direct maps never merge, so the counts agree there; with an IOMMU entries stay mapped.", "Pass the nents that map_sg was given, not what it returned.");

    /// <summary>Coherent memory freed with another CPU address.</summary>
    public static FindingRule WrongCpuAddress { get; } = Add(
        11, Error, "allocation freed with another CPU address", "Frees memory that belongs to somebody else.", "Keep both addresses of an allocation.");

    /// <summary>No dma_mapping_error().</summary>
    public static FindingRule UncheckedError { get; } = Add(
        12, Warning, "map was never checked for failure",
        "Maps fail where they bounce or translate; the device would then write to the address of all ones.", "Call dma_mapping_error() after each map.");

    /// <summary>A sync of nothing.</summary>
    public static FindingRule SyncOfNothing { get; } = Add(
        20, Error, "sync of an address that is no mapping",
        "Silent where the device is coherent and reaches the buffer; elsewhere caches of other memory are worked on.", "Sync only while mapped, with the mapping's address.");

    /// <summary>A sync longer than its mapping.</summary>
    public static FindingRule SyncPastEnd { get; } = Add(
        21, Error, "sync past the end of its mapping",
        "Non-coherent: a neighbour's lines are invalidated and its data lost. Bounced: cut with a warning.", "Sync at most the mapped bytes.");

    /// <summary>A sync with another direction.</summary>
    public static FindingRule SyncDirection { get; } = Add(
        22, Warning, "sync with another direction than the map",
        "Bounced: copies the wrong way or not at all. A read session over a TO_DEVICE mapping can undo writes.", "Use the map's direction.");

    /// <summary>A sync for the CPU of a TO_DEVICE mapping.</summary>
    public static FindingRule SyncReadOnlyForCpu { get; } = Add(
        23, Warning, "sync for the CPU of memory that the device only reads",
        "Bounced: copies the slot over what the CPU wrote meanwhile.", "The CPU may read such memory without a sync; sync for device after writing.");

    /// <summary>A sync for the device of a FROM_DEVICE mapping with a direction that copies.</summary>
    public static FindingRule SyncWriteOnlyForDevice { get; } = Add(
        24, Warning, "sync for the device of memory that the device only writes",
        "Bounced: copies old data over what the device has just written.", "Use FROM_DEVICE when handing the buffer back.");

    /// <summary>A list synced with another count.</summary>
    public static FindingRule SyncEntryCount { get; } = Add(
        25, Warning, "list synced with another number of entries than mapped", "With fewer entries the rest stays stale.", "Pass the nents that map_sg was given.");

    /// <summary>A sync after the unmap.</summary>
    public static FindingRule SyncAfterUnmap { get; } = Add(
        26, Error, "sync of a mapping that has ended", "Bounced: the slot may hold another driver's data by then.", "Sync before the unmap, or not at all: unmap does it.");

    /// <summary>A sync for another device.</summary>
    public static FindingRule SyncWrongDevice { get; } = Add(
        27, Error, "sync for another device than the mapping's", "Coherence, windows and pools are per device.", "Keep the device beside the address.");

    /// <summary>The CPU reads what the device may be writing.</summary>
    public static FindingRule CpuReadsDeviceMemory { get; } = Add(
        30, Error, "CPU reads memory that the device owns",
        "Coherent and direct: reads whatever the device has written so far. Non-coherent or bounced: reads old data, and keeps its lines in the cache.",
        "Unmap, or sync for the CPU, before reading.");

    /// <summary>The CPU writes what the device owns.</summary>
    public static FindingRule CpuWritesDeviceMemory { get; } = Add(
        31, Error, "CPU writes memory that the device owns",
        "Non-coherent or bounced: the device does not see it, and the write back may destroy what the device wrote.", "Sync for the CPU before, and for the device after writing.");

    /// <summary>A device access to nothing.</summary>
    public static FindingRule DeviceAccessToNothing { get; } = Add(
        32, Error, "device accesses an address that is no mapping", "An IOMMU faults; without one memory is corrupted.", "Give the device only addresses that are mapped.");

    /// <summary>A device access longer than the mapping.</summary>
    public static FindingRule DeviceAccessPastEnd { get; } = Add(
        33, Error, "device accesses bytes past the end of its mapping",
        "Direct: a neighbour is hit. Bounced: bytes never arrive, or another driver's slot is hit.", "Map as many bytes as the device is told.");

    /// <summary>A device access against the direction.</summary>
    public static FindingRule DeviceAccessAgainstDirection { get; } = Add(
        34, Error, "device accesses memory against the direction of its mapping",
        "Bounced or non-coherent: what it wrote is not brought back, what it reads was not brought there. An IOMMU faults.", "Map BIDIRECTIONAL if both sides write.");

    /// <summary>A device access while the CPU owns.</summary>
    public static FindingRule DeviceAccessWhileCpuOwns { get; } = Add(
        35, Warning, "device accesses memory that was given to the CPU",
        "Non-coherent: lines that the CPU fetched meanwhile hide what the device wrote.", "Sync for the device before the device goes on.");

    /// <summary>A device access after the unmap.</summary>
    public static FindingRule DeviceAccessAfterUnmap { get; } = Add(
        36, Error, "device accesses a mapping that has ended", "Direct: it hits memory that was freed or reused. An IOMMU faults.", "Stop the device before unmapping.");

    /// <summary>Two mappings of the same bytes.</summary>
    public static FindingRule Overlap { get; } = Add(
        40, Warning, "bytes mapped twice at a time, and a device writes them",
        "Bounced: each mapping has a copy of its own and the last copy back wins. Non-coherent: one's invalidate may drop the other's data.",
        "Unmap first, or pass the buffer on with syncs; sharing by agreement passes SKIP_CPU_SYNC on later maps.");

    /// <summary>Two mappings in one cache line.</summary>
    public static FindingRule SharedLine { get; } = Add(
        41, Warning, "two mappings share a cache line, and a device writes one of them",
        "Harmless where devices are coherent or the short one bounces; elsewhere one's cache work destroys the other's data.",
        "Align DMA buffers to dma_get_cache_alignment().");

    /// <summary>CPU data in the line of a mapping.</summary>
    public static FindingRule CpuWritesBeside { get; } = Add(
        42, Warning, "CPU writes beside a buffer that a device writes, in the same cache line",
        "Non-coherent and not bounced: writing the line back destroys what the device wrote.", "Give the buffer cache lines of its own (____dma_from_device groups, kmalloc).");

    /// <summary>SKIP_CPU_SYNC on the first map.</summary>
    public static FindingRule SkipOnFirstMap { get; } = Add(
        50, Warning, "SKIP_CPU_SYNC on the first map of a buffer, and no sync before the device uses it",
        "Coherent: no effect. Non-coherent: the device misses what is still in the cache, or has its data destroyed by a write back.",
        "Skip only on later maps of the same buffer, or sync for the device after the map.");

    /// <summary>SKIP_CPU_SYNC at the unmap of a bounced mapping.</summary>
    public static FindingRule SkipDropsData { get; } = Add(
        51, Error, "SKIP_CPU_SYNC at unmap drops what the device wrote to the bounce buffer",
        "Only where the mapping bounces: a 64-bit device or a machine with little memory shows nothing.", "Sync for the CPU first, or unmap without the attribute.");

    /// <summary>SKIP_CPU_SYNC on a bounced map of a non-coherent device.</summary>
    public static FindingRule SkipHidesCopy { get; } = Add(
        52, Error, "SKIP_CPU_SYNC leaves the bounce buffer's copy in the cache of the CPU",
        "Non-coherent and bounced only: the device reads what the slot held before, another driver's data.",
        "Do not skip where the device may bounce; give it memory it reaches (DMA32, CMA), or a wider mask.");

    /// <summary>A map of the stack.</summary>
    public static FindingRule MapOfStack { get; } = Add(60, Error, "map of memory on the stack", OnlyPages + " Stack lines are shared with live variables.", StackHint);

    /// <summary>A map of vmalloc memory.</summary>
    public static FindingRule MapOfVmalloc { get; } = Add(61, Error, "map of vmalloc memory by its address", OnlyPages, "Map its pages one by one.");

    /// <summary>A map of kernel text.</summary>
    public static FindingRule MapOfText { get; } = Add(62, Error, "map of kernel text or read-only data", "The write back or the device would change code or constants.", "Copy constants to a buffer and map that.");

    /// <summary>A map of no RAM.</summary>
    public static FindingRule MapOfNoRam { get; } = Add(63, Error, "map of addresses that are no RAM", "Caches and bounce buffers work on RAM only.", "Map registers with dma_map_resource() or DMA_ATTR_MMIO.");

    /// <summary>A segment too long.</summary>
    public static FindingRule SegmentTooLong { get; } = Add(
        70, Warning, "segment longer than the device claims to take",
        "Nothing in dma-direct enforces it; an IOMMU may merge up to the limit.", "Build lists with the limit, or set it with dma_set_max_seg_size().");

    /// <summary>A segment across a boundary.</summary>
    public static FindingRule SegmentAcrossBoundary { get; } = Add(
        71, Warning, "segment crosses the device's segment boundary", "The device may wrap around inside the segment.", "Split at the boundary, or set dma_set_seg_boundary().");

    /// <summary>A map too large.</summary>
    public static FindingRule MappingTooLarge { get; } = Add(
        72, Warning, "map larger than dma_max_mapping_size()",
        "Fails where it has to bounce: a pool gives 256 KiB at most, however much is free.", "Ask dma_max_mapping_size() and split.");

    /// <summary>All rules by number.</summary>
    public static ImmutableArray<FindingRule> All { get; } = [.. List];

    /// <summary>The rule of that number, or <see langword="null"/>.</summary>
    public static FindingRule? Find(string id) => All.FirstOrDefault(r => r.Id == id);

    /// <summary>The catalogue as a Markdown page (<c>docs/findings.md</c>).</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append("# Findings\n\nEvery mistake in the ownership of DMA buffers has a number. Litmus tests, recordings and programs that use the library report the same ones.\n");
        text.Append("This page is made from the table in `src/Handoff.Core/Ownership/FindingRules.cs`.\n\n");
        text.Append("*error*: wrong on every machine, or data is lost on this one. *warning*: breaks a rule, harm depends on the machine. *note*: worth knowing.\n");
        foreach (FindingRule rule in All)
        {
            text.Append($"\n## {rule.Id} — {rule.Title}\n\n");
            text.Append($"*{rule.Severity.ToString().ToLowerInvariant()}*\n\n");
            text.Append($"**On other machines:** {rule.OnOtherMachines}\n\n**Hint:** {rule.Hint}\n");
        }

        return text.ToString();
    }

    private static FindingRule Add(int number, FindingSeverity severity, string title, string elsewhere, string hint)
    {
        var rule = new FindingRule($"DMA{number:D4}", severity, title, elsewhere, hint) { Index = List.Count };
        List.Add(rule);
        return rule;
    }
}
