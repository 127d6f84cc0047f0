namespace Handoff;

/// <summary>Where the zones of a machine end, and what follows from it for DMA.</summary>
/// <remarks>Kernel: <c>zone_sizes_init()</c> of <c>arch/x86/mm/init.c</c> and <c>arch/arm64/mm/init.c</c>, 6.12.</remarks>
public sealed class MemoryZones
{
    private const ulong Low32 = 0xffff_ffff;

    /// <summary>Applies the rules of the machine's architecture.</summary>
    /// <exception cref="ArgumentException">The machine has less than a page of RAM.</exception>
    public MemoryZones(Machine machine)
    {
        if (machine.MaxPageFrame == 0)
            throw new ArgumentException("RAM ends within the first page.", nameof(machine));
        PhysicalAddress start = machine.Ram.Start, end = machine.Ram.End;
        ulong Limit(ulong highest) => Math.Min(highest, end.Value - 1) + 1;

        if (machine.Architecture == Architecture.X86_64)
        {
            DmaLimit = 0xff_ffff;
            DmaEnd = machine.ZoneDma ? new(Math.Min(16UL << 20, end.Value)) : start;
            Dma32End = new(Math.Min(Low32 + 1, end.Value));
            LowLimit = Low32;
        }
        else
        {
            ulong limit = Math.Min(machine.DeviceTreeDmaLimit, machine.AcpiDmaLimit);
            if (start.Value < Low32)
                limit = Math.Min(limit, Low32);
            DmaLimit = machine.ZoneDma ? limit : 0xff_ffff;
            DmaEnd = machine.ZoneDma ? new(Limit(limit)) : start;
            Dma32End = new(Math.Max(Limit(Low32), DmaEnd.Value));
            LowLimit = (machine.ZoneDma ? DmaEnd.Value : Limit(Low32)) - 1;
        }

        NormalEnd = end;
    }

    /// <summary>Highest address of the DMA zone, inclusive; set even where the zone is not built. Kernel: <c>zone_dma_limit</c>.</summary>
    public ulong DmaLimit { get; }

    /// <summary>First address after the DMA zone (the start of RAM if there is none).</summary>
    public PhysicalAddress DmaEnd { get; }

    /// <summary>First address after the DMA32 zone; equal to <see cref="DmaEnd"/> if that zone is empty.</summary>
    public PhysicalAddress Dma32End { get; }

    /// <summary>First address after RAM.</summary>
    public PhysicalAddress NormalEnd { get; }

    /// <summary>Highest address that early low allocations use, inclusive. Kernel: <c>ARCH_LOW_ADDRESS_LIMIT</c>.</summary>
    public ulong LowLimit { get; }

    /// <summary>First address after <paramref name="zone"/>.</summary>
    public PhysicalAddress EndOf(MemoryZone zone) => zone switch
    {
        MemoryZone.Dma => DmaEnd,
        MemoryZone.Dma32 => Dma32End,
        _ => NormalEnd,
    };

    /// <summary>The zone in which the page at <paramref name="address"/> lies.</summary>
    public MemoryZone ZoneOf(PhysicalAddress address) =>
        address < DmaEnd ? MemoryZone.Dma : address < Dma32End ? MemoryZone.Dma32 : MemoryZone.Normal;
}
