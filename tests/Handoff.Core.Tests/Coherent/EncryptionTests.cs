using Handoff.Coherent;
using Handoff.Kernels;
using Handoff.Pages;
using Handoff.Sharing;

namespace Handoff.Core.Tests.Coherent;

/// <summary>Memory that is shared with devices of an encrypted machine, and what is lost when pages cannot change sides.</summary>
public sealed class EncryptionTests
{
    private const ulong GiB = 1UL << 30;

    private static readonly Machine Guest = new() { Architecture = Architecture.X86_64, Encryption = MemoryEncryption.Guest };

    [Fact]
    public void OnAPlainMachineNothingIsTracked()
    {
        DmaLayer<CountingMemory> layer = Layer(new Machine { Architecture = Architecture.X86_64 });
        layer.Decrypted.Fails = (_, _) => true;
        DmaBuffer buffer = layer.AllocCoherent(new Device("dev"), 4096)!;
        Assert.False(layer.Decrypted.Contains(buffer.Physical));
        layer.FreeCoherent(new Device("dev"), buffer);
        Assert.Equal(0UL, layer.Decrypted.Leaked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CoherentMemoryIsDecryptedUntilItIsFreed(bool coherent)
    {
        DmaLayer<CountingMemory> layer = Layer(Guest);
        var device = new Device("dev");
        ulong free = Free(layer);
        DmaBuffer buffer = coherent ? layer.AllocCoherent(device, 10_000)! : layer.AllocPages(device, 10_000, DmaDirection.FromDevice)!;
        Assert.True(layer.Decrypted.Contains(buffer.Physical, 12_288));
        Assert.False(layer.Decrypted.Contains(buffer.Physical, 12_289));
        Assert.Equal(buffer.Physical.Value, buffer.Dma.Value); // without the encryption bit
        if (coherent)
            layer.FreeCoherent(device, buffer);
        else
            layer.FreePages(device, buffer, DmaDirection.FromDevice);
        Assert.False(layer.Decrypted.Contains(buffer.Physical));
        Assert.Equal((free, 0UL), (Free(layer), layer.Decrypted.Leaked));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PagesThatCannotBeDecryptedAreLost(bool coherent)
    {
        DmaLayer<CountingMemory> layer = Layer(Guest);
        var device = new Device("dev");
        ulong free = Free(layer);
        layer.Decrypted.Fails = (_, decrypt) => decrypt;
        Assert.Null(coherent ? layer.AllocCoherent(device, 8192) : layer.AllocPages(device, 8192, DmaDirection.FromDevice));
        Assert.Equal((free - 8192, 8192UL), (Free(layer), layer.Decrypted.Leaked));
    }

    [Fact]
    public void PagesThatCannotBeEncryptedAgainAreLostWithAMessage()
    {
        DmaLayer<CountingMemory> layer = Layer(Guest);
        var device = new Device("dev");
        ulong free = Free(layer);
        DmaBuffer buffer = layer.AllocCoherent(device, 8192)!;
        layer.Decrypted.Fails = (_, decrypt) => !decrypt;
        layer.FreeCoherent(device, buffer);
        Assert.Equal((free - 8192, 8192UL), (Free(layer), layer.Decrypted.Leaked));
        Assert.Contains(layer.Log.Messages, m => m.Text.StartsWith("leaking DMA memory", StringComparison.Ordinal));
        Assert.NotEqual(buffer.Physical, layer.AllocCoherent(device, 8192)!.Physical);
    }

    [Fact]
    public void AHostDecryptsForDevicesThatCannotDriveTheBit()
    {
        DmaLayer<CountingMemory> layer = Layer(Guest with { Encryption = MemoryEncryption.Host });
        DmaBuffer narrow = layer.AllocCoherent(new Device("narrow"), 4096)!;
        DmaBuffer wide = layer.AllocCoherent(new Device("wide") { CoherentDmaMask = ulong.MaxValue }, 4096)!;
        Assert.True(layer.Decrypted.Contains(narrow.Physical));
        Assert.False(layer.Decrypted.Contains(wide.Physical));
        Assert.Equal((0UL, 1UL << 47), (narrow.Dma.Value >> 47, wide.Dma.Value & (1UL << 47)));
    }

    [Fact]
    public void PoolsAreDecryptedForGood()
    {
        DmaLayer<CountingMemory> layer = Layer(Guest);
        Assert.True(layer.Decrypted.Contains(layer.Swiotlb!.DefaultPool.Start, layer.Swiotlb.DefaultPool.Size));
        DmaBuffer atomic = layer.AllocCoherent(new Device("dev"), 4096, GfpFlags.Atomic)!;
        Assert.Equal(MemorySource.AtomicPool, atomic.Source);
        layer.FreeCoherent(new Device("dev"), atomic);
        Assert.True(layer.Decrypted.Contains(atomic.Physical));
    }

    [Fact]
    public void ABounceSaysOnceThatMemoryIsEncrypted()
    {
        DmaLayer<CountingMemory> layer = Layer(Guest);
        for (int i = 0; i < 3; i++)
            layer.MapPhys(new Device("dev"), new(5 * GiB), 4096, DmaDirection.ToDevice);
        Assert.Single(layer.Log.Messages, m => m.Text.Contains("encryption is active", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, false, 1)]
    [InlineData(true, false, 0)] // encrypted again and freed
    [InlineData(true, true, 0)] // lost
    public void GrowingPoolsAreDecrypted(bool decryptFails, bool encryptFails, int made)
    {
        DmaLayer<CountingMemory> layer = Layer(Guest with { SwiotlbParameter = "512,1" }, new KernelSwitches { DynamicPools = true });
        var device = new Device("dev");
        for (int i = 0; i < 4; i++)
            Assert.True(layer.MapPhys(device, new(5 * GiB), 262144, DmaDirection.ToDevice).IsMapped);

        // One more does not fit: it gets a pool of its own out of the atomic pools, decrypted already, and that memory comes back.
        DmaAddress extra = layer.MapPhys(device, new(5 * GiB), 65536, DmaDirection.ToDevice);
        Assert.True(layer.Decrypted.Contains(new(extra.Value), 65536));
        ulong free = Free(layer);
        layer.UnmapPhys(device, extra, 65536, DmaDirection.ToDevice);
        Assert.Equal(free, Free(layer));
        Assert.Equal(extra, layer.MapPhys(device, new(5 * GiB), 65536, DmaDirection.ToDevice));

        layer.Decrypted.Fails = (_, decrypt) => decrypt ? decryptFails : encryptFails;
        Assert.Equal(made, layer.RunDeferredWork());
        Assert.Equal(made == 0 && encryptFails, layer.Decrypted.Leaked > 0);
        Assert.Equal(made == 0 && !encryptFails, Free(layer) == free);
        if (made != 0)
            Assert.True(layer.Decrypted.Contains(layer.Swiotlb!.Pools[0].Start, layer.Swiotlb.Pools[0].Size));
    }

    [Fact]
    public void TheSharedHeapDecryptsItsBlocks()
    {
        DmaLayer<CountingMemory> layer = Layer(Guest, KernelProfiles.Find("linux-7.1")!.Switches);
        var heap = new DmaHeap<CountingMemory>(layer, DmaHeapKind.SystemCcShared, new KernelHeapPages(layer.KernelMemory));
        ulong free = Free(layer);
        Assert.Equal(Errno.None, heap.Allocate(1 << 20, out DmaBuf<CountingMemory>? buffer));
        PhysicalAddress start = ((HeapExporter<CountingMemory>)buffer!.Exporter).Memory.Entries[0].Address;
        Assert.True(layer.Decrypted.Contains(start, 1 << 20));
        buffer.Release();
        Assert.False(layer.Decrypted.Contains(start));
        Assert.Equal(free, Free(layer));

        int changes = 0;
        layer.Decrypted.Fails = (_, decrypt) => decrypt && ++changes == 2;
        Assert.Equal(Errno.NoMemory, heap.Allocate((1 << 20) + 8192, out _)); // 1 MiB, and two pages: the first of them is lost
        Assert.Equal((free - 4096, 4096UL), (Free(layer), layer.Decrypted.Leaked));
    }

    private static DmaLayer<CountingMemory> Layer(Machine machine, KernelSwitches? switches = null) =>
        new(machine, new KernelProfile("test", switches ?? new KernelSwitches(), ""), default);

    private static ulong Free(DmaLayer<CountingMemory> layer) =>
        layer.KernelMemory.Pages.FreeBytes(MemoryZone.Dma) + layer.KernelMemory.Pages.FreeBytes(MemoryZone.Dma32) + layer.KernelMemory.Pages.FreeBytes(MemoryZone.Normal);
}
