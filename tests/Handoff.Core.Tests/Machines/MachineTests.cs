namespace Handoff.Core.Tests.Machines;

/// <summary>What a machine is made of: refused nonsense, and nothing stale in a changed copy.</summary>
public sealed class MachineTests
{
    private const ulong GiB = 1UL << 30;

    [Fact]
    public void ACopyWithOtherRamHasOtherZones()
    {
        var machine = new Machine { Ram = RamMap.Usual(Architecture.Arm64, 2 * GiB) };
        Assert.Equal(new PhysicalAddress(3 * GiB), machine.Zones.NormalEnd);
        Machine larger = machine with { Ram = RamMap.Usual(Architecture.Arm64, 8 * GiB) };
        Assert.Equal(new PhysicalAddress(9 * GiB), larger.Zones.NormalEnd);
        Assert.Same(larger.Zones, larger.Zones);
    }

    [Fact]
    public void LookingAtZonesDoesNotChangeTheValue()
    {
        RamMap ram = RamMap.Usual(Architecture.Arm64, 2 * GiB);
        Machine one = new() { Ram = ram }, other = new() { Ram = ram };
        _ = one.Zones;
        Assert.Equal(other, one);
        Assert.Equal(other.GetHashCode(), one.GetHashCode());
        Assert.NotEqual(other, one with { Cpus = 7 });
    }

    [Theory]
    [InlineData(Architecture.X86_64, 0UL, 9UL)]
    [InlineData(Architecture.Arm64, 1UL, 9UL)]
    [InlineData(Architecture.Riscv64, 2UL, 10UL)]
    public void TheDefaultRamIsTheArchitecturesUsualOne(Architecture architecture, ulong start, ulong end)
    {
        var machine = new Machine { Architecture = architecture };
        Assert.Equal((start * GiB, end * GiB), (machine.Ram.Start.Value, machine.Ram.End.Value));
        Assert.Equal(8 * GiB, machine.Ram.TotalSize);
    }

    [Fact]
    public void NonsenseIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Machine { PageSize = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Machine { PageSize = 3000 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Machine { CacheLineSize = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Machine { EncryptionBit = 64 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Machine { EncryptionBit = -1 });
        Assert.Throws<ArgumentException>(() => new RamMap(new MemoryRange(new(0x1000), ulong.MaxValue)));
        Assert.Throws<ArgumentException>(() => new RamMap(new MemoryRange(new(ulong.MaxValue - 0xfff), 0x1000)));
        Assert.Throws<ArgumentException>(() => new RamMap(new MemoryRange(new(0), 100)) is var ram ? new Machine { Ram = ram }.Zones : null);
        Assert.Empty(new Machine { Reserved = default }.Reserved);
    }

    [Theory]
    [InlineData(1UL, 8UL, ulong.MaxValue, ulong.MaxValue, 0xffff_ffffUL, 4UL, 4UL)]
    [InlineData(0UL, 8UL, 0x3fff_ffffUL, ulong.MaxValue, 0x3fff_ffffUL, 1UL, 4UL)]
    [InlineData(0UL, 8UL, ulong.MaxValue, 0x3fff_ffffUL, 0x3fff_ffffUL, 1UL, 4UL)]
    [InlineData(2UL, 2UL, ulong.MaxValue, ulong.MaxValue, 0xffff_ffffUL, 4UL, 4UL)]
    [InlineData(512UL, 2UL, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, 514UL, 514UL)]
    public void Arm64Zones(ulong start, ulong gib, ulong deviceTree, ulong acpi, ulong dmaLimit, ulong dmaEnd, ulong dma32End)
    {
        var machine = new Machine
        {
            Ram = new RamMap(new MemoryRange(new(start * GiB), gib * GiB)),
            DeviceTreeDmaLimit = deviceTree,
            AcpiDmaLimit = acpi,
        };
        Assert.Equal(dmaLimit, machine.Zones.DmaLimit);
        Assert.Equal((dmaEnd * GiB, dma32End * GiB), (machine.Zones.DmaEnd.Value, machine.Zones.Dma32End.Value));
        Assert.Equal((dmaEnd * GiB) - 1, machine.Zones.LowLimit);
    }
}
