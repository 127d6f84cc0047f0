using Handoff.Kernels;
using Handoff.Swiotlb;

namespace Handoff.Core.Tests.Swiotlb;

/// <summary>Command line, sizing and areas of the boot pool: the tables of the specification.</summary>
public sealed class BootTests
{
    private const ulong MiB = 1UL << 20, GiB = 1UL << 30;

    [Theory]
    [InlineData("65536", 65536u, null, false, false)]
    [InlineData("65536,4", 65536u, 4, false, false)]
    [InlineData("65536,force", 65536u, null, true, false)]
    [InlineData("65536,4,force", 65536u, 4, true, false)]
    [InlineData("force", null, null, true, false)]
    [InlineData(",8", null, 8, false, false)]
    [InlineData("100", 128u, null, false, false)]
    [InlineData("0x200", 512u, null, false, false)]
    [InlineData("01000", 512u, null, false, false)]
    [InlineData("noforce", null, null, false, true)]
    [InlineData("force,noforce", null, null, false, false)]
    [InlineData("forced", null, null, false, false)]
    [InlineData("", null, null, false, false)]
    [InlineData("nonsense", null, null, false, false)]
    public void CommandLine(string text, uint? slots, int? areas, bool force, bool noForce) =>
        Assert.Equal(new SwiotlbParameter(slots, areas, force, noForce), SwiotlbParameter.Parse(text));

    [Theory]
    [InlineData("", 6, 8, 32768)]
    [InlineData("", 300, 512, 65536)]
    [InlineData("20000", 4, 4, 32768)]
    [InlineData("0", 4, 4, 512)]
    [InlineData("1024", 2, 2, 1024)]
    [InlineData("512,force", 2, 2, 512)]
    public void SlotsAndAreas(string parameter, int cpus, int areas, int slots)
    {
        SwiotlbPool pool = Boot(new Machine { Cpus = cpus, SwiotlbParameter = parameter })!.DefaultPool;
        Assert.Equal((areas, slots), (pool.Areas, pool.Slots));
    }

    [Theory]
    [InlineData(2UL, 8, 1024)] // only for kmalloc: 1 MiB per GiB
    [InlineData(8UL, 8, 32768)] // RAM beyond the DMA limit: the default
    public void Arm64SizesByNeed(ulong gib, int cpus, int slots)
    {
        var machine = new Machine { Ram = RamMap.Usual(Architecture.Arm64, gib * GiB), Cpus = cpus };
        Assert.Equal(slots, Boot(machine)!.DefaultPool.Slots);
    }

    [Fact]
    public void Arm64WithoutKmallocBouncingNeedsRamBeyondTheLimit()
    {
        var small = new Machine { Ram = RamMap.Usual(Architecture.Arm64, 2 * GiB) };
        Assert.Null(Boot(small, new KernelSwitches { KmallocBounce = false }));
        Assert.NotNull(Boot(small with { SwiotlbParameter = "force" }, new KernelSwitches { KmallocBounce = false }));
        Assert.Null(Boot(small with { SwiotlbParameter = "noforce" }));
    }

    [Fact]
    public void Arm64_3500MiBWithEightCpusIsRoundedUp()
    {
        var machine = new Machine { Ram = RamMap.Usual(Architecture.Arm64, 3584 * MiB - (1 * GiB)), Cpus = 8 };
        Assert.Equal(2048, Boot(machine)!.DefaultPool.Slots);
    }

    [Theory]
    [InlineData(2UL, MemoryEncryption.None, "", false)]
    [InlineData(2UL, MemoryEncryption.None, "force", true)]
    [InlineData(2UL, MemoryEncryption.Host, "", true)]
    [InlineData(8UL, MemoryEncryption.None, "", true)]
    [InlineData(8UL, MemoryEncryption.None, "noforce", false)]
    [InlineData(8UL, MemoryEncryption.Guest, "noforce", false)]
    public void X86PoolExistsWhen(ulong gib, MemoryEncryption encryption, string parameter, bool exists)
    {
        var machine = X86(gib) with { Encryption = encryption, SwiotlbParameter = parameter };
        Assert.Equal(exists, Boot(machine) is not null);
    }

    [Fact]
    public void EncryptedGuestOf8GiBGets512MiBAndForcesBouncing()
    {
        SwiotlbAllocator swiotlb = Boot(X86(8) with { Encryption = MemoryEncryption.Guest, Cpus = 8 })!;
        Assert.Equal(262144, swiotlb.DefaultPool.Slots);
        Assert.True(swiotlb.ForceBounce);
    }

    [Theory]
    [InlineData(Architecture.Arm64, 6UL, 0xfa00_0000UL)] // below the contiguous area at the top of the DMA zone
    [InlineData(Architecture.X86_64, 8UL, 0xbc00_0000UL)] // below 3 GiB
    public void TheBootPoolLiesAtTheTopOfLowMemory(Architecture architecture, ulong gib, ulong start)
    {
        var machine = new Machine { Architecture = architecture, Ram = RamMap.Usual(architecture, gib * GiB) };
        Assert.Equal(new PhysicalAddress(start), Boot(machine)!.DefaultPool.Start);
    }

    [Fact]
    public void WithoutAreasThereIsOneLock() =>
        Assert.Equal(1, Boot(new Machine { Cpus = 8 }, new KernelSwitches { Areas = false })!.DefaultPool.Areas);

    private static Machine X86(ulong gib) => new() { Architecture = Architecture.X86_64, Ram = RamMap.Usual(Architecture.X86_64, gib * GiB) };

    private static SwiotlbAllocator? Boot(Machine machine, KernelSwitches? switches = null) =>
        new DmaLayer<CountingMemory>(machine, new KernelProfile("test", switches ?? new KernelSwitches(), ""), default).Swiotlb;
}
