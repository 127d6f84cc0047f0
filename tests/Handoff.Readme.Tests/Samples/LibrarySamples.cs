using Handoff.Direct;
using Handoff.Kernels;
using Handoff.Ownership;

namespace Handoff.Readme.Tests.Samples;

/// <summary>The code of the pages, shown there word for word. What follows a sample checks what the page says about it.</summary>
public sealed class LibrarySamples
{
    private const ulong GiB = 1UL << 30;

    [Fact]
    public void Map_96_bytes()
    {
        // sample: first-map
        var machine = new Machine { Architecture = Architecture.Arm64, Ram = RamMap.Usual(Architecture.Arm64, 6UL << 30) };
        var memory = RealMemory.For(machine); // 6 GiB of addresses; pages appear when they are touched
        var dma = new DmaLayer<RealMemory>(machine, KernelProfiles.Find("linux-6.12")!, memory);

        var camera = new Device("camera") { DmaMask = DmaMask.Bits(32), Coherent = false };
        var frame = new PhysicalAddress(0x1_4000_0000); // at 5 GiB, above the camera's mask

        DmaAddress address = dma.MapPhys(camera, frame, 96, DmaDirection.FromDevice);
        if (dma.MappingError(camera, address) != Errno.None)
            return; // as a driver would
        // end

        Assert.True(dma.IsBounced(camera, address));
        Assert.Equal(BounceReason.DeviceMask, dma.ReasonToBounce(camera, frame, 96, DmaDirection.FromDevice));

        // sample: device-writes
        // The camera writes what its address leads to: a slot of the bounce pool.
        memory.Bytes(dma.Rules.ToPhysical(camera, address), 96).Fill(0xAB);
        byte before = memory.Bytes(frame, 96)[0]; // 0: the frame has not heard of it

        dma.UnmapPhys(camera, address, 96, DmaDirection.FromDevice);
        byte after = memory.Bytes(frame, 96)[0]; // 0xAB: unmap copied the slot back
        // end

        Assert.Equal(0, before);
        Assert.Equal(0xAB, after);
        memory.Free();
    }

    [Fact]
    public void Ask_several_kernels()
    {
        // sample: several-kernels
        var machine = new Machine { Ram = RamMap.Usual(Architecture.Arm64, 6UL << 30) };
        var camera = new Device("camera") { DmaMask = DmaMask.Bits(64), Coherent = false };
        var entry = new PhysicalAddress(0x1_4000_0000);
        var reasons = new Dictionary<string, BounceReason>();
        foreach (KernelProfile kernel in KernelProfiles.ParseList("linux-6.4,linux-6.12,linux-6.12+marinas").Profiles)
        {
            var dma = new DmaLayer<CountingMemory>(machine, kernel, default); // decides, moves nothing
            reasons[kernel.Name] = dma.ReasonToBounce(camera, entry, 96, DmaDirection.Bidirectional, DmaAttributes.SkipCpuSync);
        }

        // linux-6.4: None   linux-6.12: ShortBuffer   linux-6.12+marinas: None
        // end

        Assert.Equal(["linux-6.4", "linux-6.12", "linux-6.12+marinas"], reasons.Keys);
        Assert.Equal([BounceReason.None, BounceReason.ShortBuffer, BounceReason.None], reasons.Values);
    }

    [Fact]
    public void Override_a_switch()
    {
        // sample: own-kernel
        KernelProfile stock = KernelProfiles.Find("linux-6.12")!;
        var ours = new KernelProfile("linux-6.12-ours", stock.Switches with { KmallocBounce = false }, "without kmalloc bouncing");
        foreach (KernelSwitchDifference difference in KernelSwitchTable.Compare(stock.Switches, ours.Switches))
            Console.WriteLine(difference); // kmalloc_bounce: yes → no
        // end

        Assert.Equal("kmalloc_bounce: yes → no", Assert.Single(KernelSwitchTable.Compare(stock.Switches, ours.Switches)).ToString());
    }

    [Fact]
    public void Map_a_list()
    {
        var machine = new Machine { Ram = RamMap.Usual(Architecture.Arm64, 6 * GiB) };
        var dma = new DmaLayer<CountingMemory>(machine, KernelProfiles.Default, default);

        // sample: list
        var disk = new Device("disk") { DmaMask = DmaMask.Bits(32), Coherent = true };
        var table = new SgTable(
            new ScatterlistEntry(new PhysicalAddress(0x8000_0000), 4096),
            new ScatterlistEntry(new PhysicalAddress(0x1_4000_0000), 4096)); // only this one bounces

        if (dma.MapSgTable(disk, table, DmaDirection.ToDevice) == Errno.None)
        {
            foreach (ScatterlistEntry segment in table.Segments)
                Console.WriteLine($"{segment.DmaAddress} {segment.DmaLength} {dma.IsBounced(disk, segment.DmaAddress)}");
            dma.UnmapSgTable(disk, table, DmaDirection.ToDevice);
        }

        ulong copied = dma.Memory.CopiedBytes; // 4096
        // end

        Assert.Equal(2, table.Nents);
        Assert.Equal(4096UL, copied);
    }

    [Fact]
    public void Fill_the_pool()
    {
        // sample: pool-full
        var machine = new Machine { Ram = RamMap.Usual(Architecture.Arm64, 6UL << 30), SwiotlbParameter = "512" }; // 512 slots: 1 MiB
        var dma = new DmaLayer<CountingMemory>(machine, KernelProfiles.Default, default);
        var nvme = new Device("nvme") { DmaMask = DmaMask.Bits(32), Coherent = true };

        int mapped = 0;
        while (dma.MapPhys(nvme, new PhysicalAddress(0x1_4000_0000), 128 << 10, DmaDirection.ToDevice).IsMapped)
            mapped++; // 8 of 128 KiB

        string said = dma.Log.Messages[^1].Text; // swiotlb buffer is full (sz: 131072 bytes), total 512 (slots), used 512 (slots)
        // end

        Assert.Equal(8, mapped);
        Assert.Equal("swiotlb buffer is full (sz: 131072 bytes), total 512 (slots), used 512 (slots)", said);
    }

    [Fact]
    public void Watch_a_driver()
    {
        var machine = new Machine { Ram = RamMap.Usual(Architecture.Arm64, 6 * GiB) };
        var dma = new DmaLayer<CountingMemory>(machine, KernelProfiles.Default, default);
        var nic = new Device("nic") { Coherent = true };

        // sample: findings
        OwnershipTracker tracker = OwnershipTracker.Attach(dma);

        DmaAddress address = dma.MapPhys(nic, new PhysicalAddress(0x8000_0000), 1500, DmaDirection.ToDevice);
        dma.MappingError(nic, address);
        dma.UnmapPhys(nic, address, 1024, DmaDirection.ToDevice); // not what was mapped

        foreach (Finding finding in tracker.Findings)
            Console.WriteLine($"{finding} — {finding.Hint}"); // DMA0005 nic: …
        // end

        Assert.Equal(FindingRules.WrongSize, Assert.Single(tracker.Findings).Rule);
        Assert.Equal("DMA0005", FindingRules.WrongSize.Id);
    }
}
