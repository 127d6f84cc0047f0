using Handoff.Coherent;
using Handoff.Kernels;
using Handoff.Ownership;
using Handoff.Pages;
using Handoff.Sharing;
using Handoff.Swiotlb;

namespace Handoff.Readme.Tests.Samples;

/// <summary>More code of the library guide: masks, allocations, pools, shared buffers, the kernel's checks, memories of one's own.</summary>
public sealed class MoreLibrarySamples
{
    private const ulong GiB = 1UL << 30;

    private static readonly Machine Board = new() { Ram = RamMap.Usual(Architecture.Arm64, 6 * GiB) };

    [Fact]
    public void Ask_for_limits()
    {
        var dma = new DmaLayer<CountingMemory>(Board, KernelProfiles.Default, default);

        // sample: masks
        var scanner = new Device("scanner") { Coherent = true };
        Errno narrow = dma.SetMaskAndCoherent(scanner, DmaMask.Bits(28)); // IO: this machine cannot serve 28 bits
        Errno usual = dma.SetMaskAndCoherent(scanner, DmaMask.Bits(32)); // None

        ulong required = dma.GetRequiredMask(scanner); // 0x1_ffff_ffff: RAM ends at 7 GiB
        bool limited = dma.AddressingLimited(scanner); // true, so maps may bounce
        ulong most = dma.MaxMappingSize(scanner); // 262144: what one bounce holds
        // end

        Assert.Equal((Errno.IO, Errno.None), (narrow, usual));
        Assert.Equal((0x1_ffff_ffffUL, true, 262144UL), (required, limited, most));
    }

    [Fact]
    public void Describe_a_bus()
    {
        var dma = new DmaLayer<CountingMemory>(Board, KernelProfiles.Default, default);

        // sample: windows
        var encoder = new Device("encoder") { DmaMask = DmaMask.Bits(64), CoherentDmaMask = DmaMask.Bits(64) };
        encoder.Configure( // as the device tree says it: dma-ranges, dma-coherent
            [new DmaRange(new PhysicalAddress(0x4000_0000), new DmaAddress(0), 2UL << 30)],
            coherent: false);

        DmaAddress near = dma.MapPhys(encoder, new PhysicalAddress(0x5000_0000), 4096, DmaDirection.ToDevice); // 0x10000000
        DmaAddress far = dma.MapPhys(encoder, new PhysicalAddress(0x1_0000_0000), 4096, DmaDirection.ToDevice); // the error value: outside, as is the bounce pool
        // end

        Assert.Equal(0x1000_0000UL, near.Value);
        Assert.Equal(0x7fff_ffffUL, encoder.BusDmaLimit);
        Assert.False(far.IsMapped);
    }

    [Fact]
    public void Allocate_for_a_device()
    {
        var dma = new DmaLayer<CountingMemory>(Board, KernelProfiles.Default, default);
        var nic = new Device("nic") { Coherent = false };

        // sample: coherent
        DmaBuffer ring = dma.AllocCoherent(nic, 8192)!; // null where the kernel returns NULL
        Console.WriteLine($"{ring.Dma} {ring.View} {ring.Source}"); // … NonCacheable Contiguous

        DmaPool<CountingMemory> pool = dma.CreateDmaPool("descriptors", nic, size: 96, align: 32, boundary: 4096)!;
        DmaBuffer descriptor = pool.Allocate()!;
        pool.Free(descriptor);
        pool.Destroy();

        DmaBuffer packet = dma.AllocPages(nic, 4096, DmaDirection.FromDevice)!; // cacheable: sync it like a mapping
        dma.SyncSingleForDevice(nic, packet.Dma, 4096, DmaDirection.FromDevice);
        dma.FreePages(nic, packet, DmaDirection.FromDevice);
        dma.FreeCoherent(nic, ring);
        // end

        Assert.Equal((CpuView.NonCacheable, MemorySource.Contiguous), (ring.View, ring.Source));
        Assert.Throws<InvalidOperationException>(() => dma.FreeCoherent(nic, ring));
    }

    [Fact]
    public void Use_other_pools()
    {
        var dma = new DmaLayer<CountingMemory>(Board, KernelProfiles.Parse("linux-6.12+dynamic").Profile!, default);

        // sample: pools
        var region = new MemoryRange(new PhysicalAddress(0x7000_0000), 4UL << 20); // a restricted-dma-pool of the device tree
        var camera = new Device("camera") { RestrictedPool = SwiotlbAllocator.Restricted("camera", region, dynamic: true) };
        DmaAddress frame = dma.MapPhys(camera, new PhysicalAddress(0x5000_0000), 4096, DmaDirection.FromDevice); // bounces, though reachable

        var disk = new Device("disk");
        while (dma.Swiotlb!.TransientSlots == 0) // until the default pool is full: then the request gets a pool of its own,
            dma.MapPhys(disk, new PhysicalAddress(0x1_4000_0000), 256 << 10, DmaDirection.ToDevice);
        int made = dma.RunDeferredWork(); // and the kernel's background work makes a lasting one
        long slots = dma.Swiotlb.Slots;
        // end

        Assert.Equal(region.Start.Value, frame.Value);
        Assert.Equal(1, made);
        Assert.Equal(32768 + 2048, slots);
    }

    [Fact]
    public void Share_a_buffer()
    {
        var dma = new DmaLayer<CountingMemory>(Board, KernelProfiles.Default, default);

        // sample: dma-buf
        var heap = new DmaHeap<CountingMemory>(dma, DmaHeapKind.System, new KernelHeapPages(dma.KernelMemory));
        var gpu = new Device("gpu") { DmaMask = DmaMask.Bits(40), Coherent = true };

        if (heap.Allocate(64 << 10, out DmaBuf<CountingMemory>? buffer) == Errno.None
            && buffer!.Attach(gpu, out DmaBufAttachment<CountingMemory>? attachment) == Errno.None
            && buffer.MapAttachmentUnlocked(attachment!, DmaDirection.Bidirectional, out SgTable? table) == Errno.None)
        {
            buffer.Sync(DmaBufSync.Write); // what DMA_BUF_IOCTL_SYNC does: start of a write …
            buffer.Sync(DmaBufSync.Write | DmaBufSync.End); // … and its end
            Console.WriteLine(table!.Segments[0].DmaAddress); // only DMA addresses and lengths are for importers
            buffer.UnmapAttachmentUnlocked(attachment!, table, DmaDirection.Bidirectional);
            buffer.Detach(attachment!);
            buffer.Release();
        }
        // end

        Assert.Empty(buffer!.Attachments);
    }

    [Fact]
    public void Ask_the_kernels_own_checks()
    {
        var dma = new DmaLayer<CountingMemory>(Board, KernelProfiles.Default, default);
        var nic = new Device("nic") { Coherent = true };

        // sample: debug-checks
        var checks = new DmaApiDebug(new DmaApiDebugOptions { Kernel = dma.Kernel.Switches });
        dma.Observer = checks;

        DmaAddress address = dma.MapPhys(nic, new PhysicalAddress(0x8000_0000), 1500, DmaDirection.ToDevice);
        dma.UnmapPhys(nic, address, 1500, DmaDirection.ToDevice); // without dma_mapping_error()

        string said = checks.Reports[0].Text; // DMA-API: driver nic: device driver failed to check map error …
        // end

        Assert.StartsWith("DMA-API: driver nic: device driver failed to check map error", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Share_memory_of_a_confidential_guest()
    {
        // sample: encrypted
        var guest = new Machine { Architecture = Architecture.X86_64, Encryption = MemoryEncryption.Guest };
        var dma = new DmaLayer<CountingMemory>(guest, KernelProfiles.Default, default);
        var nic = new Device("nic") { DmaMask = DmaMask.Bits(64), CoherentDmaMask = DmaMask.Bits(64) };

        DmaAddress packet = dma.MapPhys(nic, new PhysicalAddress(0x1_4000_0000), 1500, DmaDirection.ToDevice); // bounces: private memory
        DmaBuffer ring = dma.AllocCoherent(nic, 4096)!; // decrypted for the device
        bool shared = dma.Decrypted.Contains(ring.Physical, 4096); // true

        dma.Decrypted.Fails = (range, decrypt) => !decrypt; // the host refuses to make pages private again
        dma.FreeCoherent(nic, ring);
        ulong lost = dma.Decrypted.Leaked; // 4096: nobody may use them any more
        // end

        Assert.True(dma.IsBounced(nic, packet));
        Assert.True(shared);
        Assert.Equal(4096UL, lost);
    }

    // sample: own-memory
    /// <summary>Prints what the layer does to memory.</summary>
    private readonly struct Narrator(TextWriter output) : IMemory
    {
        public void Copy(PhysicalAddress from, PhysicalAddress to, ulong size) => output.WriteLine($"copy {size} bytes {from} → {to}");

        public void Zero(PhysicalAddress start, ulong size) => output.WriteLine($"zero {size} bytes at {start}");

        public void Clean(PhysicalAddress start, ulong size) => output.WriteLine($"clean {size} bytes at {start}");

        public void Invalidate(PhysicalAddress start, ulong size) => output.WriteLine($"invalidate {size} bytes at {start}");
    }
    // end

    [Fact]
    public void Bring_your_own_memory()
    {
        using var told = new StringWriter();

        // sample: own-memory-used
        var dma = new DmaLayer<Narrator>(Board, KernelProfiles.Default, new Narrator(told));
        var camera = new Device("camera") { Coherent = false };
        DmaAddress address = dma.MapPhys(camera, new PhysicalAddress(0x1_4000_0000), 96, DmaDirection.FromDevice);
        dma.UnmapPhys(camera, address, 96, DmaDirection.FromDevice);

        // copy 96 bytes 0x140000000 → 0xfa000000      the slot gets the buffer's bytes, in every direction
        // clean 96 bytes at 0xfa000000                and they reach DRAM
        // invalidate 96 bytes at 0xfa000000           at unmap: what the CPU has of the slot is old
        // copy 96 bytes 0xfa000000 → 0x140000000      what the camera wrote
        // end

        string slot = new DmaAddress(address.Value).ToString();
        Assert.Equal(
            [
                $"copy 96 bytes 0x140000000 → {slot}", $"clean 96 bytes at {slot}", $"invalidate 96 bytes at {slot}", $"copy 96 bytes {slot} → 0x140000000",
            ],
            told.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("0xfa000000", slot);
    }

    [Fact]
    public void Find_memory_of_a_kind()
    {
        var dma = new DmaLayer<CountingMemory>(Board, KernelProfiles.Default, default);

        // sample: kernel-memory
        KernelMemory kernel = dma.KernelMemory;
        PhysicalAddress page = kernel.Pages.Allocate(order: 0)!.Value; // above 4 GiB, if there is any
        PhysicalAddress low = kernel.Pages.Allocate(0, GfpFlags.Kernel | GfpFlags.Dma32)!.Value; // below
        PhysicalAddress small = kernel.Objects.Allocate(24)!.Value; // kmalloc(24): an object of 32 bytes, beside its neighbours
        // end

        Assert.True(page.Value >= 4 * GiB);
        Assert.True(low.Value < 4 * GiB);
        Assert.Equal(small + 32, kernel.Objects.Allocate(24)!.Value);
    }
}
