namespace Handoff.Kernels;

/// <summary>How one kernel decides: an immutable set of independent switches.</summary>
/// <remarks>
/// A kernel release is a named value of this record (<see cref="KernelProfile"/>); distributions mix switches freely, so each
/// can be set alone. Every switch is read in one place of the engine. Defaults are Linux 6.12.117.
/// </remarks>
public sealed record KernelSwitches
{
    /// <summary>When a map copies the original into its slot.</summary>
    public SlotCopyIn SlotCopyInAtMap { get; init; } = SlotCopyIn.Always;

    /// <summary>Whether sync_for_device of a FROM_DEVICE mapping copies into the slot (only 5.17-rc8 did).</summary>
    public bool SyncForDeviceCopiesFromDevice { get; init; }

    /// <summary>Whether SKIP_CPU_SYNC at unmap also skips the copy back (4.10 and later).</summary>
    public bool CopyOutObeysSkip { get; init; } = true;

    /// <summary>How a sync of a part of a mapping finds its original bytes.</summary>
    public PartialSync PartialSync { get; init; } = PartialSync.NegativeOffset;

    /// <summary>Whether slots repeat the low address bits of the device's minimum-alignment mask (5.12).</summary>
    public bool MinAlignMask { get; init; } = true;

    /// <summary>What a request's own alignment mask does.</summary>
    public AllocAlignMask AllocAlignMask { get; init; } = AllocAlignMask.PaddingSlots;

    /// <summary>Whether a bounce of a page or more is page-aligned when no mask asks for anything else (lost in 6.3, back in 6.9).</summary>
    public bool PageAlignBigBounce { get; init; } = true;

    /// <summary>Whether the pool is cut into areas with a lock each (6.0).</summary>
    public bool Areas { get; init; } = true;

    /// <summary>Whether pools grow and transient pools are made (6.6 with <c>CONFIG_SWIOTLB_DYNAMIC</c>).</summary>
    public bool DynamicPools { get; init; }

    /// <summary>Whether short mappings of non-coherent devices bounce because small kmalloc objects share cache lines (6.5).</summary>
    public bool KmallocBounce { get; init; } = true;

    /// <summary>Whether a pool that exists only for kmalloc bouncing is cut to 1 MiB per GiB of RAM (6.7).</summary>
    public bool SmallKmallocPool { get; init; } = true;

    /// <summary>Proposal: SKIP_CPU_SYNC also avoids the kmalloc bounce (Marinas, May 2024).</summary>
    public bool KmallocBounceObeysSkip { get; init; }

    /// <summary>Who marks bounced scatterlist entries.</summary>
    public SgSwiotlbFlag SgSwiotlbFlag { get; init; } = SgSwiotlbFlag.IommuOnly;

    /// <summary>Proposal: an importer looks at the mark and refuses the mapping before any access (what Mercier wanted it for).</summary>
    public bool ImportersRefuseBounced { get; init; }

    /// <summary>Whether coherent devices skip syncs until their first bounce (6.10).</summary>
    public bool SyncShortcut { get; init; } = true;

    /// <summary>Whether physical addresses key the calls and MMIO is an attribute (6.18).</summary>
    public bool MapPhys { get; init; }

    /// <summary>Whether the REQUIRE_COHERENT attribute is known (7.0).</summary>
    public bool RequireCoherent { get; init; }

    /// <summary>What the CC_SHARED attribute means (7.1, changed in 7.3).</summary>
    public CcShared CcShared { get; init; }

    /// <summary>Whether cache maintenance of a list ends in one barrier instead of one per entry (7.1, arm64).</summary>
    public bool SyncBatching { get; init; }

    /// <summary>Proposal: what the NO_BOUNCE and SHARED attributes, or the sharing exporters, do (Marinas, May 2024).</summary>
    public NoBounce NoBounce { get; init; }

    /// <summary>What-if: every dma-buf exporter maps its importers with REQUIRE_COHERENT (no kernel does).</summary>
    public bool ExportersRequireCoherent { get; init; }

    /// <summary>What-if: a dma-buf exporter refuses to attach a device that would bounce (allowed by the contract, done by no heap).</summary>
    public bool AttachRefusesBounced { get; init; }

    /// <summary>Whether the out-of-tree uncached system heap is built (Android and vendor kernels).</summary>
    public bool UncachedHeap { get; init; }

    /// <summary>Whether udmabuf maps its importers with SKIP_CPU_SYNC (March 2026; in 6.12.117).</summary>
    public bool UdmabufSkipsSync { get; init; } = true;

    /// <summary>Whether the kernel is built with <c>CONFIG_DMA_API_DEBUG</c>: syncs are then never skipped.</summary>
    public bool DmaApiDebug { get; init; }

    /// <summary>Which mistakes <c>CONFIG_DMA_API_DEBUG</c> reports where it is built.</summary>
    public DebugChecks DebugChecks { get; init; } = DebugChecks.OverlapMutedByBouncing;

    /// <summary>Whether arm64 confidential guests force bouncing (6.13).</summary>
    public bool Arm64RealmGuests { get; init; }

    /// <summary>Which events the kernel traces, for reading its recordings.</summary>
    public TraceSchema TraceSchema { get; init; } = TraceSchema.V6_12_Stable;
}
