using System.Collections.Immutable;

namespace Handoff.Kernels;

/// <summary>The kernels and add-ons that have names.</summary>
/// <remarks>
/// A release that is not listed decides like the listed one before it. Stable series take later changes; where that matters the
/// series has a second name (<c>linux-6.12.0</c> is the release, <c>linux-6.12</c> its 117th stable update). Set single switches
/// for any other mixture: <c>linux-5.10,slot_copy_in_at_map=always</c>.
/// </remarks>
public static partial class KernelProfiles
{
    /// <summary>Name of <see cref="Default"/>.</summary>
    public const string DefaultName = "linux-6.12";

    /// <summary>The releases, old to new. Ranges are taken from these.</summary>
    public static ImmutableArray<KernelProfile> Releases { get; } = MakeReleases();

    /// <summary>Kernels that are no mainline release.</summary>
    public static ImmutableArray<KernelProfile> Variants { get; } =
    [
        new(
            "android-uncached",
            new KernelSwitches { UncachedHeap = true },
            "linux-6.12 with the uncached system heap of Android: importers are mapped with SKIP_CPU_SYNC, CPU access is never synced"),
    ];

    /// <summary>What can be put on top of a kernel.</summary>
    public static ImmutableArray<KernelAddOn> AddOns { get; } =
    [
        new("+mercier", "dma-direct marks bounced scatterlist entries (Mercier, May 2024); nobody acts on the mark", static s => s with { SgSwiotlbFlag = SgSwiotlbFlag.Direct }),
        new(
            "+refuse-bounced",
            "as +mercier, and dma-buf importers that find the mark give the mapping back before any access",
            static s => s with { SgSwiotlbFlag = SgSwiotlbFlag.Direct, ImportersRefuseBounced = true }),
        new("+marinas", "SKIP_CPU_SYNC avoids the bounce of short mappings (Marinas, May 2024)", static s => s with { KmallocBounceObeysSkip = true }),
        new("+no-bounce", "dma-buf exporters and users of SKIP_CPU_SYNC get an error instead of a bounce buffer (idea of Marinas, May 2024)", static s => s with { NoBounce = NoBounce.ExportersToo }),
        new("+no-bounce-attr", "as +no-bounce, but only callers that pass DMA_ATTR_NO_BOUNCE or DMA_ATTR_SHARED themselves", static s => s with { NoBounce = NoBounce.ByAttribute }),
        new(
            "+require-coherent",
            "dma-buf exporters pass DMA_ATTR_REQUIRE_COHERENT of 7.0: no bounce, and no non-coherent importer",
            static s => s with { RequireCoherent = true, ExportersRequireCoherent = true }),
        new("+refuse-attach", "dma-buf attach answers busy for a device that would bounce (asked for by Hellwig, May 2024)", static s => s with { AttachRefusesBounced = true }),
        new("+dynamic", "built with CONFIG_SWIOTLB_DYNAMIC: pools grow, single requests get transient pools", static s => s with { DynamicPools = true }),
        new("+uncached-heap", "with the uncached system heap of Android", static s => s with { UncachedHeap = true }),
        new("+debug", "built with CONFIG_DMA_API_DEBUG: mistakes are reported, and no sync is skipped", static s => s with { DmaApiDebug = true }),
        new(
            "+may-block",
            "swiotlb throttling (Kelley, August 2024): a map that may sleep waits for slots. All decisions and addresses are the same; only time differs, which this engine does not model",
            static s => s),
    ];

    /// <summary>The kernel that is meant when none is named: Linux 6.12.117.</summary>
    public static KernelProfile Default { get; } = Releases.First(static p => p.Name == DefaultName);

    /// <summary>Releases and variants.</summary>
    public static IEnumerable<KernelProfile> All => Releases.Concat(Variants);

    private static ImmutableArray<KernelProfile> MakeReleases()
    {
        ImmutableArray<KernelProfile>.Builder releases = ImmutableArray.CreateBuilder<KernelProfile>();
        KernelSwitches Add(string name, KernelSwitches switches, string description)
        {
            releases.Add(new KernelProfile(name, switches, description));
            return switches;
        }

        var s = new KernelSwitches
        {
            SlotCopyInAtMap = SlotCopyIn.IfCpuOwnedAndNotSkip,
            CopyOutObeysSkip = false,
            PartialSync = PartialSync.BaseOnly,
            MinAlignMask = false,
            AllocAlignMask = AllocAlignMask.None,
            PageAlignBigBounce = true,
            Areas = false,
            KmallocBounce = false,
            SmallKmallocPool = false,
            SgSwiotlbFlag = SgSwiotlbFlag.None,
            SyncShortcut = false,
            UdmabufSkipsSync = false,
            DebugChecks = DebugChecks.NoOverlap,
            TraceSchema = TraceSchema.None,
        };
        Add("linux-4.9", s, "before SKIP_CPU_SYNC reached the copy back; one area, no alignment masks");
        s = Add("linux-5.10", s with { CopyOutObeysSkip = true }, "FROM_DEVICE slots leak their last tenant; one area, no alignment masks");
        s = s with { MinAlignMask = true, PartialSync = PartialSync.OffsetAware, DebugChecks = DebugChecks.Overlap };
        s = Add("linux-5.15", s, "minimum-alignment masks (5.12), syncs by offset (5.13), overlap reports (5.14)");
        s = Add("linux-5.16", s with { AllocAlignMask = AllocAlignMask.Exists }, "requests with an alignment of their own");
        s = Add("linux-5.17-rc6", s with { SlotCopyInAtMap = SlotCopyIn.UnlessOverwrite }, "first fix of CVE-2022-0854, with DMA_ATTR_OVERWRITE");
        Add(
            "linux-5.17-rc8",
            s with { SlotCopyInAtMap = SlotCopyIn.Always, SyncForDeviceCopiesFromDevice = true },
            "reworked fix: sync_for_device also overwrites what the device wrote");
        s = Add("linux-5.17", s, "rework taken back: as 5.17-rc6");
        s = Add("linux-5.18", s with { SlotCopyInAtMap = SlotCopyIn.Always }, "every map copies in, whatever the direction and attributes");
        s = Add("linux-6.1", s with { Areas = true }, "pool in several areas (6.0)");
        s = Add("linux-6.4", s with { PageAlignBigBounce = false }, "large bounces no longer page-aligned (6.3); last release before kmalloc bouncing");
        s = s with { KmallocBounce = true, SgSwiotlbFlag = SgSwiotlbFlag.IommuOnly };
        s = Add("linux-6.5", s, "short mappings of non-coherent devices bounce; bounced lists are marked behind an IOMMU");
        s = Add("linux-6.6", s, "as 6.5; can be built with pools that grow (+dynamic)");
        s = Add("linux-6.7", s with { SmallKmallocPool = true }, "smaller default pool where only short mappings need it");
        s = Add("linux-6.8", s, "as 6.7; last release with the alignment bugs");
        s = s with { PartialSync = PartialSync.NegativeOffset, AllocAlignMask = AllocAlignMask.PaddingSlots, PageAlignBigBounce = true };
        s = Add("linux-6.9", s, "alignment repaired: padding slots, negative offsets, page-aligned large bounces");
        s = Add("linux-6.10", s with { SyncShortcut = true }, "coherent devices skip syncs until their first bounce");
        s = Add("linux-6.12.0", s with { TraceSchema = TraceSchema.V6_12 }, "dma trace events");
        KernelSwitches stable = s with { TraceSchema = TraceSchema.V6_12_Stable, UdmabufSkipsSync = true, DebugChecks = DebugChecks.OverlapMutedByBouncing };
        Add(DefaultName, stable, "Linux 6.12.117: with the back-ports to debug checks, trace events and udmabuf");
        s = Add("linux-6.13", s with { TraceSchema = TraceSchema.V6_12_Stable, Arm64RealmGuests = true }, "split allocation events; arm64 confidential guests");
        s = s with { MapPhys = true, TraceSchema = TraceSchema.V6_18, DebugChecks = DebugChecks.OverlapMutedByBouncing };
        s = Add("linux-6.18", s, "physical addresses key the calls, DMA_ATTR_MMIO; as released");
        s = s with { RequireCoherent = true, TraceSchema = TraceSchema.V7_0, UdmabufSkipsSync = true, DebugChecks = DebugChecks.OverlapAllowedByAttribute };
        s = Add("linux-7.0", s, "DMA_ATTR_REQUIRE_COHERENT; udmabuf skips cache work; dma_buf trace events");
        s = Add("linux-7.1", s with { CcShared = CcShared.ForcedDevicesOnly, SyncBatching = true }, "DMA_ATTR_CC_SHARED and its heap; one cache barrier per list");
        s = Add("linux-7.2", s with { DebugChecks = DebugChecks.Attributes }, "debug checks compare attributes of map and release");
        Add("linux-7.3-rc", s with { CcShared = CcShared.Explicit }, "CC_SHARED by encoding; private memory in a confidential guest is a matter of capability (unconfirmed)");
        return releases.ToImmutable();
    }
}
