using CsCheck;
using Handoff.Direct;
using Handoff.Kernels;
using Handoff.Swiotlb;

namespace Handoff.Core.Tests.Direct;

/// <summary>The reason that is told before a map is what the map then does, in every kernel.</summary>
public sealed class ReasonTests
{
    private const ulong GiB = 1UL << 30;

    private static readonly DmaAttributes[] Attributes =
    [
        DmaAttributes.None, DmaAttributes.None, DmaAttributes.SkipCpuSync, DmaAttributes.Mmio, DmaAttributes.RequireCoherent, DmaAttributes.CcShared,
        DmaAttributes.CcShared | DmaAttributes.SkipCpuSync, DmaAttributes.NoBounce, DmaAttributes.Shared, DmaAttributes.Mmio | DmaAttributes.CcShared,
    ];

    private static readonly ulong[] Sizes = [1, 24, 64, 96, 192, 4096, 65536, 262144, 262145];

    private static readonly KernelProfile[] Kernels =
        [.. KernelProfiles.All, .. KernelProfiles.AddOns.Select(a => KernelProfiles.Parse(a.Name).Profile!), KernelProfiles.Parse("linux-7.3-rc+marinas").Profile!];

    [Fact]
    public void TheMapDoesWhatTheReasonSays() =>
        Gen.Select(
            Gen.Int[0, Kernels.Length - 1], Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[0, 63], Gen.Int[0, Attributes.Length - 1], Gen.Int[0, Sizes.Length - 1], Gen.Int[0, 2], Gen.UInt)
            .Sample((kernel, machine, pool, traits, attributes, size, direction, random) =>
                Compare(Kernels[kernel], machine, pool, traits, Attributes[attributes], Sizes[size], (DmaDirection)direction, random), iter: 20_000);

    private static void Compare(KernelProfile kernel, int machineKind, int poolKind, int traits, DmaAttributes attributes, ulong size, DmaDirection direction, uint random)
    {
        var architecture = (Architecture)(machineKind % 3);
        var machine = new Machine
        {
            Architecture = architecture,
            Encryption = machineKind < 3 ? MemoryEncryption.None : architecture == Architecture.X86_64 && (traits & 1) != 0 ? MemoryEncryption.Host : MemoryEncryption.Guest,
            SwiotlbParameter = poolKind switch { 0 => "1024,1", 1 => "1024,1,force", 2 => "noforce", _ => "1024,1" },
            SwiotlbStart = new(GiB + (GiB / 2)), // below every buffer
        };
        var layer = new DmaLayer<CountingMemory>(machine, kernel, default);
        var device = new Device("dev")
        {
            DmaMask = DmaMask.Bits((traits & 2) != 0 ? 64 : (traits & 4) != 0 ? 33 : 32),
            CoherentDmaMask = DmaMask.Bits((traits & 2) != 0 ? 64 : 32),
            Coherent = (traits & 8) != 0,
            BusDmaLimit = (traits & 16) != 0 ? (4 * GiB) - 1 : 0,
            DmaRanges = (traits & 32) != 0 ? [new DmaRange(new(GiB), new(0), 5 * GiB)] : [],
            RestrictedPool = poolKind == 3 ? SwiotlbAllocator.Restricted("pool", new MemoryRange(new(2 * GiB), 4UL << 20)) : null,
        };
        var address = new PhysicalAddress((2 * GiB) + (16UL << 20) + (random % (6 * GiB)));
        BounceReason reason = layer.ReasonToBounce(device, address, size, direction, attributes);
        DmaAddress dma = layer.MapPhys(device, address, size, direction, attributes);
        if (dma.IsMapped)
        {
            Assert.Equal(reason != BounceReason.None, layer.IsBounced(device, dma));
            Assert.Equal(reason == BounceReason.None ? 0 : SlotsOf(size), layer.AllocatorOf(device)?.Used ?? 0);
            layer.UnmapPhys(device, dma, size, direction, attributes);
        }
        else if (reason == BounceReason.None)
        {
            // Only what is refused for another cause than a bounce.
            Assert.NotEqual(DmaAttributes.None, attributes & (DmaAttributes.Mmio | DmaAttributes.RequireCoherent | DmaAttributes.CcShared));
        }

        Assert.Equal(0, layer.AllocatorOf(device)?.Used ?? 0);
    }

    private static long SlotsOf(ulong size) => (long)((size + SwiotlbConstants.SlotSize - 1) / SwiotlbConstants.SlotSize);

    [Fact]
    public void HostEncryptionIsOfX86Only()
    {
        var layer = new DmaLayer<CountingMemory>(new Machine { Encryption = MemoryEncryption.Host }, KernelProfiles.Default, default);
        Assert.False(layer.Rules.ForcesUnencrypted(new Device("dev")));
    }

    [Theory]
    [InlineData("linux-6.12", 32, 0x4000_0000UL)] // translated like RAM
    [InlineData("linux-6.18", 32, 0x8000_0000UL)] // as MMIO: the physical address
    [InlineData("linux-6.12", 30, null)]
    [InlineData("linux-6.18", 30, null)]
    public void APeerBehindTheHostBridge(string kernel, int bits, ulong? expected)
    {
        var layer = new DmaLayer<CountingMemory>(new Machine(), KernelProfiles.Find(kernel)!, default);
        var device = new Device("dev") { DmaMask = DmaMask.Bits(bits), DmaRanges = [new DmaRange(new(GiB), new(0), 8 * GiB)] };
        var table = new SgTable(
            new ScatterlistEntry(new(GiB), 4096),
            new ScatterlistEntry(new(2 * GiB), 4096) { PeerToPeer = PeerToPeer.ThroughHostBridge },
            new ScatterlistEntry(new(2 * GiB), 4096) { PeerToPeer = PeerToPeer.BusAddress, BusOffset = -0x1000 });
        Errno error = layer.MapSgTable(device, table, DmaDirection.FromDevice);
        Assert.Equal(expected is null ? Errno.IO : Errno.None, error);
        Assert.Equal(0, layer.Swiotlb!.HighWater); // a peer's memory is never bounced
        if (expected is not { } address)
            return;
        Assert.Equal(address, table.Entries[1].DmaAddress.Value);
        Assert.Equal(((2 * GiB) - 0x1000, SgDmaFlags.BusAddress), (table.Entries[2].DmaAddress.Value, table.Entries[2].Flags));
        layer.UnmapSgTable(device, table, DmaDirection.FromDevice);
        Assert.Equal(SgDmaFlags.None, table.Entries[2].Flags);
    }

    [Fact]
    public void AnUnreachablePeerIsARemoteError()
    {
        var layer = new DmaLayer<CountingMemory>(new Machine(), KernelProfiles.Default, default);
        var table = new SgTable(
            new ScatterlistEntry(new(5 * GiB), 4096),
            new ScatterlistEntry(new(2 * GiB), 4096) { PeerToPeer = PeerToPeer.NotSupported });
        Assert.Equal(Errno.RemoteIO, layer.MapSgTable(new Device("dev"), table, DmaDirection.ToDevice));
        Assert.Equal((0, 2), (layer.Swiotlb!.Used, layer.Swiotlb.HighWater));
        Assert.Equal(0, layer.MapSg(new Device("dev"), table.Entries, DmaDirection.ToDevice));
    }

    [Fact]
    public void AFailingMapAllocatesNothingAfterItsFirstWarning()
    {
        var layer = new DmaLayer<CountingMemory>(new Machine { SwiotlbParameter = "noforce" }, KernelProfiles.Default, default);
        var device = new Device("dev");
        Fail(100);
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Fail(1000);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);

        void Fail(int times)
        {
            for (int i = 0; i < times; i++)
                Assert.False(layer.MapPhys(device, new(5 * GiB), 4096, DmaDirection.ToDevice).IsMapped);
        }
    }
}
