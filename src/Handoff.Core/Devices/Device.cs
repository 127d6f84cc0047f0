using System.Collections.Immutable;

namespace Handoff;

/// <summary>A device as the mapping layer sees it: what it can address, and whether it snoops the caches.</summary>
/// <remarks>Kernel: the DMA fields of <c>struct device</c> (<c>include/linux/device.h</c>). Masks are set as a driver does, through the layer.</remarks>
public sealed class Device
{
    private ulong? _dmaMask = 0xffff_ffff;
    private ulong _busDmaLimit;
    private ImmutableArray<DmaRange> _dmaRanges = [];
    private bool _behindIommu;

    /// <summary>Makes a device with a bus's usual defaults: 32-bit masks, 64 KiB segments, 4 GiB boundary.</summary>
    /// <param name="name">Name as in traces, such as <c>0000:00:02.0</c>.</param>
    public Device(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Name as in traces.</summary>
    public string Name { get; }

    /// <summary>Highest DMA address for streaming maps; <see langword="null"/> if bus code never set the pointer (then every map fails).</summary>
    public ulong? DmaMask
    {
        get => _dmaMask;
        set
        {
            _dmaMask = value;
            Refresh();
        }
    }

    /// <summary>Highest DMA address for coherent allocations.</summary>
    public ulong CoherentDmaMask { get; set; } = 0xffff_ffff;

    /// <summary>Highest DMA address that the upstream bus carries, inclusive; 0 for no limit.</summary>
    public ulong BusDmaLimit
    {
        get => _busDmaLimit;
        set
        {
            _busDmaLimit = value;
            Refresh();
        }
    }

    /// <summary>Windows to memory in firmware order; empty for the identity.</summary>
    public ImmutableArray<DmaRange> DmaRanges
    {
        get => _dmaRanges;
        set
        {
            _dmaRanges = value;
            HasRanges = !value.IsDefaultOrEmpty;
        }
    }

    /// <summary>Whether the device snoops the CPU caches. Ignored on architectures where every device does.</summary>
    public bool Coherent { get; set; }

    /// <summary>Longest segment in bytes. Nothing in dma-direct enforces it; list builders use it.</summary>
    public uint MaxSegmentSize { get; set; } = 65536;

    /// <summary>Mask of a boundary that a segment must not cross. Enforced where slots are searched.</summary>
    public ulong SegmentBoundaryMask { get; set; } = 0xffff_ffff;

    /// <summary>Low address bits that a bounce slot must repeat (NVMe: 0xfff).</summary>
    public uint MinAlignMask { get; set; }

    /// <summary>Whether the device translates through an IOMMU. Such devices are refused until the IOMMU side exists.</summary>
    public bool BehindIommu
    {
        get => _behindIommu;
        set
        {
            _behindIommu = value;
            Refresh();
        }
    }

    /// <summary>Whether the device is untrusted (an external port). Matters only behind an IOMMU.</summary>
    public bool Untrusted { get; set; }

    /// <summary>The restricted bounce pool assigned to the device, or <see langword="null"/> for the machine's default pool.</summary>
    public Swiotlb.SwiotlbAllocator? RestrictedPool { get; set; }

    /// <summary>Coherent memory that only this device uses, or <see langword="null"/>.</summary>
    public Coherent.DeviceCoherentPool? CoherentPool { get; set; }

    /// <summary>A contiguous area that the device's allocations come from instead of the default one, or <see langword="null"/>.</summary>
    /// <remarks>Kernel: <c>dev->cma_area</c>. When it cannot serve, pages of the ordinary allocator do.</remarks>
    public Coherent.ContiguousArea? ContiguousArea { get; set; }

    /// <summary>Set when syncs may be skipped: recomputed by a successful mask change, cleared for good by the first bounce.</summary>
    /// <remarks>Kernel: <c>dev->dma_skip_sync</c>, since 6.10.</remarks>
    public bool SkipSync { get; internal set; }

    /// <summary>Pools made for single requests of this device. Kernel: <c>dev->dma_io_tlb_pools</c>.</summary>
    internal List<Swiotlb.SwiotlbPool> TransientPools { get; } = [];

    /// <summary>Whether any pool other than the boot pool may hold this device's slots. Kernel: <c>dev->dma_uses_io_tlb</c>.</summary>
    internal bool UsesSwiotlb { get; set; }

    /// <summary>The streaming mask, or 32 bits where it is absent or 0. Kernel: <c>dma_get_mask()</c>.</summary>
    public ulong EffectiveDmaMask => _dmaMask is { } mask && mask != 0 ? mask : 0xffff_ffff;

    /// <summary>Highest reachable DMA address of streaming maps, inclusive: mask and bus limit together.</summary>
    public ulong StreamingLimit { get; private set; } = 0xffff_ffff;

    /// <summary>Highest reachable DMA address of coherent memory, inclusive.</summary>
    public ulong CoherentLimit => Align.MinNotZero(CoherentDmaMask, BusDmaLimit);

    /// <summary>Whether addresses are translated at all; kept beside the windows so that the common case is one test.</summary>
    internal bool HasRanges { get; private set; }

    /// <summary>Whether maps can go ahead without further questions: a mask is set, and no IOMMU is in the way.</summary>
    internal bool IsPlain { get; private set; } = true;

    /// <inheritdoc/>
    public override string ToString() => Name;

    private void Refresh()
    {
        StreamingLimit = Align.MinNotZero(_dmaMask ?? 0, _busDmaLimit);
        IsPlain = _dmaMask is not null && !_behindIommu;
    }
}
