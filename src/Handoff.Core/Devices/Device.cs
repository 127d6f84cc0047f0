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
    /// <exception cref="ArgumentException">A window without bytes, or past the end of an address space.</exception>
    public ImmutableArray<DmaRange> DmaRanges
    {
        get => _dmaRanges;
        set
        {
            if (value.IsDefault)
                value = [];
            foreach (DmaRange range in value)
            {
                if (range.Size == 0 || range.Size - 1 > ulong.MaxValue - Math.Max(range.CpuStart.Value, range.DmaStart.Value))
                    throw new ArgumentException($"No device has a window of {range.Size} bytes at {range.CpuStart}, seen at {range.DmaStart}.", nameof(value));
            }

            _dmaRanges = value;
            HasRanges = !value.IsEmpty;
        }
    }

    /// <summary>Whether the device snoops the CPU caches. Ignored on architectures where every device does.</summary>
    public bool Coherent { get; set; }

    /// <summary>Longest segment in bytes; 0 stands for 65536. Nothing in dma-direct enforces it; list builders use it.</summary>
    /// <remarks>Kernel: <c>dma_set_max_seg_size()</c>, <c>dma_get_max_seg_size()</c>.</remarks>
    public uint MaxSegmentSize { get; set => field = value == 0 ? 65536 : value; } = 65536;

    /// <summary>Mask of a boundary that a segment must not cross; 0 stands for none. Enforced where slots are searched.</summary>
    /// <remarks>Kernel: <c>dma_set_seg_boundary()</c>, <c>dma_get_seg_boundary()</c>.</remarks>
    /// <exception cref="ArgumentException">The boundary is no power of two (the kernel stops with BUG when it searches slots).</exception>
    public ulong SegmentBoundaryMask
    {
        get;
        set => field = value == 0 ? ulong.MaxValue
            : ulong.IsPow2((value >> Swiotlb.SwiotlbConstants.SlotShift) + 1) ? value
            : throw new ArgumentException($"0x{value:x} is no mask of low bits.", nameof(value));
    } = 0xffff_ffff;

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

    /// <summary>Number of pages from one segment boundary to the next.</summary>
    /// <param name="pageShift">log2 of the page size in bytes.</param>
    /// <remarks>Kernel: <c>dma_get_seg_boundary_nr_pages()</c>.</remarks>
    public ulong SegmentBoundaryPages(int pageShift) => (SegmentBoundaryMask >> pageShift) + 1;

    /// <summary>Applies what firmware says of the device's bus, as when a driver is bound: narrows both masks, sets windows and bus limit.</summary>
    /// <param name="ranges">Windows to memory (<c>dma-ranges</c>, <c>_DMA</c>); empty if firmware names none: then windows and bus limit stay.</param>
    /// <param name="coherent">Whether the device snoops (<c>dma-coherent</c>, <c>_CCA</c>); <see langword="null"/> leaves it.</param>
    /// <param name="firmwareLimit">Highest DMA address by the ACPI IORT, inclusive, where there are no windows; 0 if not given.</param>
    /// <remarks>
    /// Kernel: <c>of_dma_configure_id()</c>, <c>acpi_arch_dma_setup()</c>, 6.12. A missing streaming mask becomes the coherent one. When
    /// the driver is unbound the kernel drops the windows only: masks and bus limit keep what was set here.
    /// </remarks>
    /// <exception cref="ArgumentException">A window without bytes, or past the end of an address space.</exception>
    public void Configure(ImmutableArray<DmaRange> ranges, bool? coherent = null, ulong firmwareLimit = 0)
    {
        ulong end = CoherentDmaMask != 0 ? CoherentDmaMask : 0xffff_ffff;
        if (!ranges.IsDefaultOrEmpty)
        {
            DmaRanges = ranges;
            BusDmaLimit = end = ranges.Max(static r => r.DmaStart.Value + (r.Size - 1));
        }
        else if (firmwareLimit != 0)
        {
            BusDmaLimit = end = firmwareLimit;
        }

        ulong mask = Handoff.DmaMask.Covering(end);
        DmaMask = (DmaMask ?? CoherentDmaMask) & mask;
        CoherentDmaMask &= mask;
        Coherent = coherent ?? Coherent;
    }

    /// <summary>Gives the device a single window with an offset.</summary>
    /// <param name="cpuStart">First physical byte.</param>
    /// <param name="dmaStart">Where the device sees it.</param>
    /// <param name="size">Bytes.</param>
    /// <returns><see cref="Errno.Invalid"/> if it has windows; success without a window if there is no offset.</returns>
    /// <remarks>Kernel: <c>dma_direct_set_offset()</c>.</remarks>
    public Errno SetOffset(PhysicalAddress cpuStart, DmaAddress dmaStart, ulong size)
    {
        if (HasRanges)
            return Errno.Invalid;
        if (cpuStart.Value != dmaStart.Value)
            DmaRanges = [new DmaRange(cpuStart, dmaStart, size)];
        return Errno.None;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private void Refresh()
    {
        StreamingLimit = Align.MinNotZero(_dmaMask ?? 0, _busDmaLimit);
        IsPlain = _dmaMask is not null && !_behindIommu;
    }
}
