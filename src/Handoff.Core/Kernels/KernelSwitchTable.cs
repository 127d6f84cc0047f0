using System.Collections.Immutable;
using System.Text;

namespace Handoff.Kernels;

/// <summary>All switches with names, values and history: for printing, comparing and overriding them by name.</summary>
public static class KernelSwitchTable
{
    /// <summary>Every switch, grouped as the engine uses them.</summary>
    public static ImmutableArray<KernelSwitch> All { get; } =
    [
        new(
            "slot_copy_in_at_map",
            "when a bounced map copies the buffer into its slot",
            "5.17-rc6, 5.17-rc8, 5.17, 5.18; the last also in stable series of 2022",
            Evidence.Source | Evidence.Mail,
            [
                new("if-cpu-owned-and-not-skip", "not for FROM_DEVICE and not with SKIP_CPU_SYNC: the slot keeps its last tenant's bytes"),
                new("unless-overwrite", "for every direction, unless OVERWRITE or SKIP_CPU_SYNC is given"),
                new("always", "for every direction and attribute"),
            ],
            static s => (int)s.SlotCopyInAtMap,
            static (s, v) => s with { SlotCopyInAtMap = (SlotCopyIn)v }),
        Flag(
            "sync_for_device_copies_from_device_dir",
            "whether sync_for_device of a FROM_DEVICE mapping overwrites what the device wrote",
            "5.17-rc8 only",
            Evidence.Recalled,
            static s => s.SyncForDeviceCopiesFromDevice,
            static (s, v) => s with { SyncForDeviceCopiesFromDevice = v }),
        Flag(
            "copy_out_obeys_skip",
            "whether an unmap with SKIP_CPU_SYNC leaves out the copy back from the slot",
            "4.10",
            Evidence.Source | Evidence.Recalled,
            static s => s.CopyOutObeysSkip,
            static (s, v) => s with { CopyOutObeysSkip = v }),
        new(
            "partial_sync",
            "how a sync of a part finds its original bytes",
            "5.13, 6.9",
            Evidence.Source | Evidence.Mail,
            [
                new("base-only", "always from the start of the mapping"),
                new("offset-aware", "by offset; below the offset of the first byte in its slot it warns and copies nothing"),
                new("negative-offset", "by offset, which may be negative relative to a later slot"),
            ],
            static s => (int)s.PartialSync,
            static (s, v) => s with { PartialSync = (PartialSync)v }),
        Flag(
            "min_align_mask",
            "whether slots repeat the low address bits that the device asks for",
            "5.12",
            Evidence.Source | Evidence.Recalled,
            static s => s.MinAlignMask,
            static (s, v) => s with { MinAlignMask = v }),
        new(
            "alloc_align_mask",
            "what a request's own alignment mask does in the slot search",
            "5.16, 6.9",
            Evidence.Source | Evidence.Mail,
            [
                new("none", "there is none"),
                new("exists", "it aligns the first slot"),
                new("padding-slots", "it aligns the first slot, and padding slots keep the buffer's offset"),
            ],
            static s => (int)s.AllocAlignMask,
            static (s, v) => s with { AllocAlignMask = (AllocAlignMask)v }),
        Flag(
            "page_align_big_bounce",
            "whether a bounce of a page or more is page-aligned if no mask asks for anything else",
            "lost with the alignment fixes of 6.3, back in 6.9",
            Evidence.Source | Evidence.Mail | Evidence.Recalled,
            static s => s.PageAlignBigBounce,
            static (s, v) => s with { PageAlignBigBounce = v }),
        Flag(
            "areas",
            "whether the pool has several areas with a lock each",
            "6.0",
            Evidence.Source | Evidence.Recalled,
            static s => s.Areas,
            static (s, v) => s with { Areas = v }),
        Flag(
            "dynamic_pools",
            "whether a full pool grows and single requests get transient pools",
            "6.6, CONFIG_SWIOTLB_DYNAMIC",
            Evidence.Source,
            static s => s.DynamicPools,
            static (s, v) => s with { DynamicPools = v }),
        Flag(
            "kmalloc_bounce",
            "whether short mappings of non-coherent devices bounce unless TO_DEVICE",
            "6.5",
            Evidence.Source | Evidence.Mail,
            static s => s.KmallocBounce,
            static (s, v) => s with { KmallocBounce = v }),
        Flag(
            "kmalloc_bounce_obeys_skip",
            "proposal of May 2024 (Marinas): SKIP_CPU_SYNC avoids the bounce of short mappings",
            "in no kernel",
            Evidence.Mail,
            static s => s.KmallocBounceObeysSkip,
            static (s, v) => s with { KmallocBounceObeysSkip = v }),
        Flag(
            "small_kmalloc_pool",
            "whether a pool needed only for short mappings is cut to 1 MiB per GiB of RAM",
            "6.7",
            Evidence.Source | Evidence.Mail,
            static s => s.SmallKmallocPool,
            static (s, v) => s with { SmallKmallocPool = v }),
        new(
            "sg_swiotlb_flag",
            "who marks bounced scatterlist entries",
            "6.5; direct: proposal of May 2024 (Mercier), in no kernel",
            Evidence.Source | Evidence.Mail,
            [
                new("none", "the mark does not exist"),
                new("iommu-only", "dma-iommu, on the first entry"),
                new("direct", "dma-direct too, on each bounced entry"),
            ],
            static s => (int)s.SgSwiotlbFlag,
            static (s, v) => s with { SgSwiotlbFlag = (SgSwiotlbFlag)v }),
        Flag(
            "importers_refuse_bounced",
            "what-if: a dma-buf importer that finds the mark undoes the map before any access",
            "in no kernel",
            Evidence.Mail,
            static s => s.ImportersRefuseBounced,
            static (s, v) => s with { ImportersRefuseBounced = v }),
        new(
            "no_bounce",
            "proposal of May 2024 (Marinas): fail a map instead of bouncing it",
            "in no kernel",
            Evidence.Mail,
            [
                new("unknown", "the attributes NO_BOUNCE and SHARED are unknown bits"),
                new("by-attribute", "a map with NO_BOUNCE or SHARED fails instead of bouncing"),
                new("exporters-too", "every dma-buf exporter passes it, and SKIP_CPU_SYNC implies it"),
            ],
            static s => (int)s.NoBounce,
            static (s, v) => s with { NoBounce = (NoBounce)v }),
        Flag(
            "sync_shortcut",
            "whether coherent devices skip syncs until their first bounce",
            "6.10",
            Evidence.Source | Evidence.Mail,
            static s => s.SyncShortcut,
            static (s, v) => s with { SyncShortcut = v }),
        new(
            "map_key",
            "what a map call is given; with phys, MMIO is an attribute and resource maps of forced devices fail",
            "6.18",
            Evidence.Mail | Evidence.Live,
            [new("page", "page and offset; registers have their own call"), new("phys", "physical address; DMA_ATTR_MMIO for registers")],
            static s => s.MapPhys ? 1 : 0,
            static (s, v) => s with { MapPhys = v != 0 }),
        Flag(
            "require_coherent_attr",
            "whether DMA_ATTR_REQUIRE_COHERENT is known: the map fails on a non-coherent device or instead of bouncing",
            "7.0",
            Evidence.Mail,
            static s => s.RequireCoherent,
            static (s, v) => s with { RequireCoherent = v }),
        Flag(
            "exporters_require_coherent",
            "what-if: every dma-buf exporter passes DMA_ATTR_REQUIRE_COHERENT",
            "in no kernel",
            Evidence.None,
            static s => s.ExportersRequireCoherent,
            static (s, v) => s with { ExportersRequireCoherent = v }),
        Flag(
            "attach_refuses_bounced",
            "what-if: dma-buf attach answers busy for a device that would bounce",
            "allowed by the contract; no exporter in mainline does it",
            Evidence.Source | Evidence.Mail,
            static s => s.AttachRefusesBounced,
            static (s, v) => s with { AttachRefusesBounced = v }),
        new(
            "cc_shared",
            "what DMA_ATTR_CC_SHARED (memory already decrypted) means",
            "7.1, 7.3-rc",
            Evidence.Mail,
            [
                new("unknown", "an unknown bit"),
                new("forced-devices-only", "a device forced to bounce maps directly; any other map fails"),
                new("explicit", "picks the address encoding; private memory for a device that needs decrypted memory bounces"),
            ],
            static s => (int)s.CcShared,
            static (s, v) => s with { CcShared = (CcShared)v }),
        Flag(
            "sync_batching",
            "whether cache work of a list ends in one barrier instead of one per entry (arm64)",
            "7.1",
            Evidence.Mail,
            static s => s.SyncBatching,
            static (s, v) => s with { SyncBatching = v }),
        Flag(
            "arm64_realm_guests",
            "whether arm64 confidential guests are forced to bounce",
            "6.13",
            Evidence.Recalled,
            static s => s.Arm64RealmGuests,
            static (s, v) => s with { Arm64RealmGuests = v }),
        Flag(
            "uncached_heap",
            "whether the uncached system heap is built",
            "Android and vendor kernels; posted in 2020, never merged",
            Evidence.Mail,
            static s => s.UncachedHeap,
            static (s, v) => s with { UncachedHeap = v }),
        Flag(
            "udmabuf_skips_sync",
            "whether udmabuf maps and unmaps its importers with SKIP_CPU_SYNC",
            "7.0 (March 2026), 6.12.117",
            Evidence.Source | Evidence.Mail,
            static s => s.UdmabufSkipsSync,
            static (s, v) => s with { UdmabufSkipsSync = v }),
        Flag(
            "dma_api_debug",
            "whether CONFIG_DMA_API_DEBUG is built: mistakes are reported and no sync is skipped",
            "a build option",
            Evidence.Source,
            static s => s.DmaApiDebug,
            static (s, v) => s with { DmaApiDebug = v }),
        new(
            "debug_checks",
            "which mistakes the debug checks report where they are built",
            "5.14, 6.18 (6.12 stable), 7.0, 7.2",
            Evidence.Source | Evidence.Mail,
            [
                new("no-overlap", "no report of mappings that share a cache line"),
                new("overlap", "reported, unless the mapping skips cache work"),
                new("overlap-muted-by-bouncing", "not where kmalloc bouncing is built and the device has a bounce pool"),
                new("overlap-allowed-by-attribute", "nor for mappings marked as sharing on purpose"),
                new("attributes", "a release with other attributes than its map is reported too"),
            ],
            static s => (int)s.DebugChecks,
            static (s, v) => s with { DebugChecks = (DebugChecks)v }),
        new(
            "trace_schema",
            "which trace events the kernel emits",
            "6.12, 6.13 (6.12 stable), 6.18, 7.0",
            Evidence.Source | Evidence.Mail | Evidence.Live,
            [
                new("none", "swiotlb_bounced only"),
                new("6.12", "the dma events as first merged"),
                new("6.12-stable", "allocation events split, error events, capped lists"),
                new("6.18", "pages renamed to phys, no resource events"),
                new("7.0", "with the dma_buf group"),
            ],
            static s => (int)s.TraceSchema,
            static (s, v) => s with { TraceSchema = (TraceSchema)v }),
    ];

    /// <summary>The switch of that name, or <see langword="null"/>. <c>mmio_attr</c> is another name of <c>map_key</c>.</summary>
    public static KernelSwitch? Find(string name)
    {
        string wanted = name.Trim().ToLowerInvariant().Replace('-', '_');
        if (wanted == "mmio_attr")
            wanted = "map_key";
        foreach (KernelSwitch candidate in All)
        {
            if (candidate.Name == wanted)
                return candidate;
        }

        return null;
    }

    /// <summary>The switches in which two kernels differ, in the order of <see cref="All"/>.</summary>
    public static ImmutableArray<KernelSwitchDifference> Compare(KernelSwitches left, KernelSwitches right)
    {
        ImmutableArray<KernelSwitchDifference>.Builder differences = ImmutableArray.CreateBuilder<KernelSwitchDifference>();
        foreach (KernelSwitch each in All)
        {
            (KernelSwitchValue a, KernelSwitchValue b) = (each.ValueIn(left), each.ValueIn(right));
            if (!ReferenceEquals(a, b))
                differences.Add(new KernelSwitchDifference(each, a, b));
        }

        return differences.ToImmutable();
    }

    /// <summary>One line per switch: <c>name = value   # description</c>.</summary>
    public static string Print(KernelSwitches switches)
    {
        var text = new StringBuilder();
        foreach (KernelSwitch each in All)
            text.Append($"{each.Name,-38} = {each.ValueIn(switches).Name,-28} # {each.Description}\n");
        return text.ToString();
    }

    private static KernelSwitch Flag(
        string name, string description, string history, Evidence evidence, Func<KernelSwitches, bool> get, Func<KernelSwitches, bool, KernelSwitches> set) =>
        new(name, description, history, evidence, [new("no", ""), new("yes", "")], s => get(s) ? 1 : 0, (s, v) => set(s, v != 0));
}
