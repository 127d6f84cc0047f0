using System.Collections.Immutable;

namespace Handoff;

/// <summary>What the hardware and firmware give the kernel: RAM, caches, processors, and the boot command line.</summary>
/// <remarks>Immutable. What the kernel makes of it (policies) is in <see cref="Kernels.KernelSwitches"/>.</remarks>
public sealed record Machine
{
    private readonly RamMap? _ram;

    /// <summary>What follows from the rest; worked out on first use, anew in a copy.</summary>
    private DerivedFacts _derived;

    /// <summary>The processor architecture.</summary>
    public Architecture Architecture { get; init; } = Architecture.Arm64;

    /// <summary>Where RAM is. Default: 8 GiB as usual for the architecture (<see cref="RamMap.Usual"/>).</summary>
    public RamMap Ram
    {
        get => _ram ?? _derived.Of(this).UsualRam;
        init => _ram = value;
    }

    /// <summary>Page size in bytes: 4096, 16384 or 65536.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Any other size.</exception>
    public uint PageSize
    {
        get;
        init => field = value is 4096 or 16384 or 65536
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A page has 4096, 16384 or 65536 bytes.");
    } = 4096;

    /// <summary>
    /// Cache writeback granule in bytes: the unit that buffers must not share, and the run-time cache alignment on
    /// architectures with a minimum DMA alignment. Kernel: <c>cache_line_size()</c>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">0.</exception>
    public uint CacheLineSize
    {
        get;
        init => field = value != 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A cache line has bytes.");
    } = 64;

    /// <summary>Step of cache maintenance by address in bytes (the smallest data line). Default: 64.</summary>
    public uint MaintenanceLineSize { get; init; } = 64;

    /// <summary>Number of possible processors; decides how many swiotlb areas there are. Below 1 counts as 1.</summary>
    public int Cpus { get; init; } = 2;

    /// <summary>Memory encryption.</summary>
    public MemoryEncryption Encryption { get; init; }

    /// <summary>The physical address bit that marks encrypted memory where the host encrypts (AMD SME).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not from 1 to 63.</exception>
    public int EncryptionBit
    {
        get;
        init => field = value is > 0 and < 64 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A bit from 1 to 63.");
    } = 47;

    /// <summary>Whether a DMA zone is built (<c>CONFIG_ZONE_DMA</c>; on in distributions).</summary>
    public bool ZoneDma { get; init; } = true;

    /// <summary>Lowest "highest CPU address" over all <c>dma-ranges</c> of the device tree; all ones if none. arm64 only.</summary>
    public ulong DeviceTreeDmaLimit { get; init; } = ulong.MaxValue;

    /// <summary>DMA limit from the ACPI IORT; all ones if none. arm64 only.</summary>
    public ulong AcpiDmaLimit { get; init; } = ulong.MaxValue;

    /// <summary>The text after <c>swiotlb=</c> on the kernel command line; empty if not given.</summary>
    public string SwiotlbParameter { get; init; } = "";

    /// <summary>
    /// Size of the default contiguous memory area in bytes, 0 for none (<c>cma=</c>); <see langword="null"/> for what distributions
    /// build in: none on x86-64, 32 MiB elsewhere.
    /// </summary>
    public ulong? CmaSize { get; init; }

    /// <summary><see cref="CmaSize"/> with the default filled in.</summary>
    public ulong EffectiveCmaSize => CmaSize ?? (Architecture == Architecture.X86_64 ? 0 : 32UL << 20);

    /// <summary>
    /// Bytes each atomic pool starts with (<c>coherent_pool=</c>); <see langword="null"/> for the kernel's own choice: 128 KiB per GiB of
    /// RAM, 4 MiB (1024 pages) at most.
    /// </summary>
    public ulong? CoherentPoolSize { get; init; }

    /// <summary>
    /// Where the boot-time bounce pool was put, if known; otherwise it is placed as boot code does, from the top of low
    /// memory downwards.
    /// </summary>
    public PhysicalAddress? SwiotlbStart { get; init; }

    /// <summary>Memory that the page allocator never gives out: reserved regions, such as restricted pools and devices' own areas.</summary>
    /// <remarks>Kernel: the device tree's <c>reserved-memory</c>.</remarks>
    public ImmutableArray<MemoryRange> Reserved { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The zones that follow from all this.</summary>
    public MemoryZones Zones => _derived.Of(this).Zones;

    /// <summary>Whether devices can be non-coherent at all. On x86-64 they cannot.</summary>
    /// <remarks>Kernel: <c>CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE</c> and relatives.</remarks>
    public bool HasNonCoherentDevices => Architecture != Architecture.X86_64;

    /// <summary>Compile-time minimum alignment of DMA buffers in bytes. Kernel: <c>ARCH_DMA_MINALIGN</c>.</summary>
    public uint DmaMinAlign => Architecture switch
    {
        Architecture.Arm64 => 128,
        Architecture.Riscv64 => 64,
        _ => 8,
    };

    /// <summary>Run-time alignment that avoids shared cache lines, in bytes. Kernel: <c>dma_get_cache_alignment()</c>.</summary>
    public uint DmaCacheAlignment => HasNonCoherentDevices ? CacheLineSize : 1;

    /// <summary>Number of the last page frame plus one. Kernel: <c>max_pfn</c>.</summary>
    public ulong MaxPageFrame => Ram.End.Value / PageSize;

    /// <summary>The machine's kernel address of a physical address. Kernel: <c>phys_to_virt()</c>.</summary>
    public VirtualAddress ToVirtual(PhysicalAddress address) => new(unchecked(LinearMapStart + (address.Value - LinearMapPhysicalStart)));

    /// <summary>Whether <paramref name="address"/> lies in the linear map of RAM. Kernel: <c>virt_addr_valid()</c>.</summary>
    public bool IsLinear(VirtualAddress address) => Ram.Contains(FromLinear(address));

    /// <summary>Whether <paramref name="address"/> lies in the vmalloc range. Kernel: <c>is_vmalloc_addr()</c>.</summary>
    public bool IsVmalloc(VirtualAddress address) => address.Value - VmallocStart < (32UL << 40);

    /// <summary>The physical address behind a linear-map address. Kernel: <c>virt_to_phys()</c>.</summary>
    public PhysicalAddress ToPhysical(VirtualAddress address) => FromLinear(address);

    /// <summary>First address of the vmalloc range.</summary>
    public ulong VmallocStart => Architecture == Architecture.X86_64 ? 0xffff_c900_0000_0000 : 0xffff_8000_8000_0000;

    private ulong LinearMapStart => Architecture switch
    {
        Architecture.X86_64 => 0xffff_8880_0000_0000,
        Architecture.Arm64 => 0xffff_0000_0000_0000,
        _ => 0xffff_af80_0000_0000,
    };

    private ulong LinearMapPhysicalStart => Architecture == Architecture.X86_64 ? 0 : Ram.Start.Value;

    private PhysicalAddress FromLinear(VirtualAddress address) =>
        new(unchecked(address.Value - LinearMapStart + LinearMapPhysicalStart));

    /// <summary>Facts of one machine. Equal to any other, so that it plays no part in the machine's value; a copy does not take it over.</summary>
    private struct DerivedFacts : IEquatable<DerivedFacts>
    {
        private Facts? _facts;

        public Facts Of(Machine machine) => _facts is { } known && ReferenceEquals(known.Machine, machine) ? known : _facts = new Facts(machine);

        public readonly bool Equals(DerivedFacts other) => true;

        public override readonly bool Equals(object? obj) => obj is DerivedFacts;

        public override readonly int GetHashCode() => 0;
    }

    private sealed class Facts(Machine machine)
    {
        private RamMap? _usualRam;
        private MemoryZones? _zones;

        public Machine Machine => machine;

        public RamMap UsualRam => _usualRam ??= RamMap.Usual(machine.Architecture, 8UL << 30);

        public MemoryZones Zones => _zones ??= new MemoryZones(machine);
    }
}
