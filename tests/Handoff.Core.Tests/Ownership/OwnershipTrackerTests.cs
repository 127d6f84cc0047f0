using System.Globalization;
using CsCheck;
using Handoff.Core.Tests.Kernels;
using Handoff.Ownership;

namespace Handoff.Core.Tests.Ownership;

public sealed class OwnershipTrackerTests
{
    private const DmaDirection To = DmaDirection.ToDevice, From = DmaDirection.FromDevice, Both = DmaDirection.Bidirectional;
    private const DmaAttributes Skip = DmaAttributes.SkipCpuSync;

    /// <summary>
    /// Tests in a few words per event, separated by semicolons. Addresses are hexadecimal; memory is at the same address as the DMA
    /// address, bounced mappings at 10000000 above. a and b are devices that are not coherent, c is coherent.
    /// </summary>
    [Theory]
    [InlineData("a map 1000 64 from; a check 1000; a unmap 1000 64 from", "")]
    [InlineData("a map 1000 64 from; a check 1000; a release", "DMA0001")]
    [InlineData("a map 1000 64 from; a map 2000 64 to; b release", "")]
    [InlineData("a map 1000 64 from; a check 1000; a unmap 1000 64 from; a unmap 1000 64 from", "DMA0002")]
    [InlineData("a unmap 1000 64 from", "DMA0003")]
    [InlineData("a map 1000 64 from; a check 1000; a unmap 1010 64 from", "DMA0003")]
    [InlineData("a unmap error 64 from", "DMA0004")]
    [InlineData("a map 1000 100 from; a check 1000; a unmap 1000 64 from", "DMA0005")]
    [InlineData("a map 1000 64 from; a check 1000; a unmap 1000 64 to", "DMA0006")]
    [InlineData("a map 1000 64 from; a check 1000; a unmap 1000 64 from coherent", "DMA0007")]
    [InlineData("a map 1000 64 from resource; a check 1000; a unmap 1000 64 from", "DMA0007")]
    [InlineData("a map 1000 64 to; a check 1000; a unmap 1000 64 to skip", "DMA0008")]
    [InlineData("a map 1000 64 from; a check 1000; b unmap 1000 64 from", "DMA0009")]
    [InlineData("a map 1000 64 from; a unmap 1000 64 from", "DMA0012")]
    [InlineData("a map 1000 64 to; a read 1000 64", "DMA0012")]
    [InlineData("a cpu-sync 1000 64 from", "DMA0020")]
    [InlineData("a map 1000 64 from; a check 1000; a cpu-sync 1000 65 from", "DMA0021")]
    [InlineData("a map 1000 64 from; a check 1000; a cpu-sync 1020 64 from", "DMA0021")]
    [InlineData("a map 1000 64 from; a check 1000; a cpu-sync 1020 32 from", "")]
    [InlineData("a map 1000 64 from; a check 1000; a unmap 1000 64 from; a cpu-sync 1000 64 from", "DMA0026")]
    [InlineData("a map 1000 64 from; a check 1000; b cpu-sync 1000 64 from", "DMA0027")]
    [InlineData("a map 1000 64 to; a cpu-sync 1000 64 to", "")]
    [InlineData("a map 1000 64 to; a cpu-sync 1000 64 from", "DMA0023")]
    [InlineData("a map 1000 64 to; a dev-sync 1000 64 both", "DMA0022")]
    [InlineData("a map 1000 64 from; a cpu-sync 1000 64 both", "DMA0022")]
    [InlineData("a map 1000 64 from; a dev-sync 1000 64 to", "DMA0024")]
    [InlineData("a map 1000 64 both; a cpu-sync 1000 64 from; a dev-sync 1000 64 to", "")]
    [InlineData("a map 1000 64 from; cpu read 1010 4", "DMA0030")]
    [InlineData("a map 1000 64 to; cpu read 1010 4", "")]
    [InlineData("a map 1000 64 from; a cpu-sync 1000 64 from; cpu read 1010 4", "")]
    [InlineData("a map 1000 64 from; a cpu-sync 1000 16 from; cpu read 1000 16", "")]
    [InlineData("a map 1000 64 from; a cpu-sync 1000 16 from; cpu read 1008 16", "DMA0030")]
    [InlineData("a map 1000 64 from; a cpu-sync 1000 64 from; a dev-sync 1000 16 from; cpu read 1010 16", "")]
    [InlineData("a map 1000 64 from; a cpu-sync 1000 64 from; a dev-sync 1000 16 from; cpu read 1008 16", "DMA0030")]
    [InlineData("a map 1000 64 from; a cpu-sync 1000 64 from; a dev-sync 1000 64 from; cpu read 1010 4", "DMA0030")]
    [InlineData("a map 1000 64 to; cpu write 1010 4", "DMA0031")]
    [InlineData("a map 1000 64 to; a cpu-sync 1000 64 to; cpu write 1010 4; a dev-sync 1000 64 to", "")]
    [InlineData("a map 1000 64 from; a check 1000; a unmap 1000 64 from; cpu write 1010 4; cpu read 1010 4", "")]
    [InlineData("a map 1000 64 both coherent; cpu write 1010 4; a read 1000 64; cpu read 1010 4", "")]
    [InlineData("a write 1000 4", "DMA0032")]
    [InlineData("a map 1000 64 from; a check 1000; a write 1020 64", "DMA0033")]
    [InlineData("a map 1000 64 from; a check 1000; a write 1000 64", "")]
    [InlineData("a map 1000 64 to; a check 1000; a write 1000 64", "DMA0034")]
    [InlineData("a map 1000 64 from; a check 1000; a read 1000 64", "DMA0034")]
    [InlineData("a map 1000 64 from; a check 1000; a cpu-sync 1000 64 from; a write 1000 4", "DMA0035")]
    [InlineData("a map 1000 64 from; a check 1000; a cpu-sync 1000 16 from; a write 1010 4", "")]
    [InlineData("a map 1000 64 from; a check 1000; a unmap 1000 64 from; a write 1000 4", "DMA0036")]
    [InlineData("a map 1000 128 from; b map 1040 64 from", "DMA0040")]
    [InlineData("a map 1000 64 to; b map 1000 64 from", "DMA0040")]
    [InlineData("a map 1000 64 to; b map 1000 64 to", "")]
    [InlineData("c map 1000 64 from; c map 1000 64 from", "")]
    [InlineData("c map 1000 64 from bounced; c map 1000 64 from bounced", "DMA0040")]
    [InlineData("a map 1000 64 from; b map 1000 64 from skip", "")]
    [InlineData("a map 1000 32 from; a map 1020 32 to", "DMA0041")]
    [InlineData("a map 1000 32 to; a map 1020 32 to", "")]
    [InlineData("a map 1000 32 from; a map 1040 32 from", "")]
    [InlineData("a map 1000 32 from bounced; a map 1020 32 from", "")]
    [InlineData("c map 1000 32 from; c map 1020 32 from", "")]
    [InlineData("a map 1000 32 from; cpu write 1020 4", "DMA0042")]
    [InlineData("a map 1000 32 from; cpu read 1020 4", "")]
    [InlineData("a map 1000 32 to; cpu write 1020 4", "")]
    [InlineData("a map 1000 32 from bounced; cpu write 1020 4", "")]
    [InlineData("c map 1000 32 from; cpu write 1020 4", "")]
    [InlineData("a map 1000 64 to skip; a check 1000; a read 1000 64; a unmap 1000 64 to skip", "DMA0050")]
    [InlineData("a map 1000 64 to skip; a check 1000; a unmap 1000 64 to skip", "DMA0050")]
    [InlineData("a map 1000 64 from skip; a dev-sync 1000 64 from; a check 1000; a write 1000 64; a cpu-sync 1000 64 from; a unmap 1000 64 from skip", "")]
    [InlineData("a map 1000 64 to; b map 1000 64 to skip; b check 1000; b unmap 1000 64 to skip", "")]
    [InlineData("a map 1000 64 to skip; b map 1000 64 to skip; b check 1000; b unmap 1000 64 to skip", "DMA0050")]
    [InlineData("c map 1000 64 to skip; c check 1000; c read 1000 64; c unmap 1000 64 to skip", "")]
    [InlineData("c map 1000 64 from bounced; c check 1000; c unmap 1000 64 from skip", "DMA0008 DMA0051")]
    [InlineData("c map 1000 64 from skip bounced; c check 1000; c cpu-sync 1000 64 from; c unmap 1000 64 from skip", "")]
    [InlineData("a map 1000 64 both skip bounced", "DMA0052")]
    [InlineData("c map 1000 64 both skip bounced", "")]
    [InlineData("a map stack 64 to", "DMA0060")]
    [InlineData("a map vmalloc 64 to", "DMA0061")]
    [InlineData("a map text 64 to", "DMA0062")]
    [InlineData("a map hole 64 to", "DMA0063")]
    [InlineData("a map 1000 300000 to", "DMA0072")]
    [InlineData("a map error 64 to; a release", "")]
    public void Stories(string story, string expected)
    {
        Assert.Equal(expected, string.Join(" ", Tell(new OwnershipOptions { MemoryUseOf = UseOf }, story).Findings.Select(f => f.Id).Distinct()));
    }

    [Theory]
    [InlineData("c map 1000 64 from; c map 1000 64 from", "DMA0040")]
    [InlineData("a map 1000 32 from bounced; a map 1020 32 from", "DMA0041")]
    [InlineData("c map 1000 64 to skip; c check 1000; c read 1000 64", "DMA0050")]
    [InlineData("c map 1000 64 from; c check 1000; c unmap 1000 64 from skip", "DMA0008 DMA0051")]
    [InlineData("c map 1000 32 from; cpu write 1020 4", "DMA0042")]
    public void EveryMachineSeesWhatThisOneHides(string story, string expected)
    {
        Assert.DoesNotContain(Tell(new OwnershipOptions(), story).Findings, f => f.Id != "DMA0008");
        Assert.Equal(expected, string.Join(" ", Tell(new OwnershipOptions { EveryMachine = true }, story).Findings.Select(f => f.Id).Distinct()));
    }

    [Fact]
    public void SourcesWithoutErrorChecksDoNotMissThem() =>
        Assert.Empty(Tell(new OwnershipOptions { ErrorChecksVisible = false }, "a map 1000 64 from; a unmap 1000 64 from").Findings);

    [Fact]
    public void FindingsSayWhatHappened()
    {
        OwnershipTracker tracker = Tell(new OwnershipOptions(), "a map 1000 100 from; a check 1000; a unmap 1000 64 from");
        Finding finding = Assert.Single(tracker.Findings);
        Assert.Equal("DMA0005 a: mapped 100 bytes at 0x1000, unmaps 64", finding.ToString());
        Assert.Equal((0L, 2L), (finding.MappedAt, finding.Time));
        Assert.Equal(FindingSeverity.Error, finding.Severity);
        Assert.Equal(new DmaAddress(0x1000), finding.Address);
        Assert.Equal(new PhysicalAddress(0x1000), finding.Memory);
    }

    [Fact]
    public void FurtherFindingsOfARuleAreOnlyCounted()
    {
        var tracker = new OwnershipTracker(new OwnershipOptions { KeptPerRule = 3 });
        int device = tracker.AddDevice(new DeviceFacts("dev"));
        for (ulong i = 0; i < 10; i++)
            tracker.Process(MappingEvent.Unmap(device, new(i << 12), 64, To));
        Assert.Equal(3, tracker.Findings.Count);
        Assert.Equal(10, tracker.CountOf(FindingRules.UnknownUnmap));
        Assert.Equal(10, tracker.Total);
    }

    [Theory]
    [InlineData(4, 4, "")]
    [InlineData(4, 2, "DMA0010")]
    public void ListsAreUnmappedWithTheirCount(int mapped, int unmapped, string expected)
    {
        using var box = new Box("linux-6.12");
        OwnershipTracker tracker = OwnershipTracker.Attach(box.Layer);
        Device device = Box.Device(32);
        ScatterlistEntry[] entries = [.. Enumerable.Range(0, mapped).Select(i => new ScatterlistEntry(new(Box.Above4GiB + ((ulong)i << 16)), 4096))];
        Assert.Equal(mapped, box.Layer.MapSg(device, entries, Both));
        Assert.Equal(mapped, tracker.Live);
        box.Layer.SyncSgForCpu(device, entries, Both);
        box.Layer.SyncSgForDevice(device, entries, Both);
        box.Layer.UnmapSg(device, entries.AsSpan(0, unmapped), Both);
        Assert.Equal(expected, string.Join(" ", tracker.Findings.Select(f => f.Id)));
        Assert.Equal(mapped - unmapped, tracker.Live);
    }

    [Fact]
    public void SegmentLimitsOfTheDevice()
    {
        using var box = new Box("linux-6.12");
        OwnershipTracker tracker = OwnershipTracker.Attach(box.Layer);
        Device device = Box.Device(64, coherent: true);
        box.Layer.MapSg(device, [new ScatterlistEntry(new(0xffff_f000), 131072)], To);
        Assert.Equal(["DMA0070", "DMA0071"], tracker.Findings.Select(f => f.Id));
    }

    [Fact]
    public void ACoherentDevicesSkippedSyncsCount()
    {
        using var box = new Box("linux-6.12");
        OwnershipTracker tracker = OwnershipTracker.Attach(box.Layer);
        Device device = Box.Device(64, coherent: true);
        box.Layer.SetMask(device, ulong.MaxValue);
        DmaAddress dma = box.Layer.MapPhys(device, new(Box.Above4GiB), 4096, From);
        Assert.Equal(Errno.None, box.Layer.MappingError(device, dma));
        tracker.DeviceAccessed(write: true, device, dma, 4096);
        Assert.False(box.Layer.NeedSync(device, dma));
        box.Layer.SyncSingleForCpu(device, dma, 4096, From);
        tracker.CpuAccessed(write: false, new(Box.Above4GiB), 4096);
        box.Layer.UnmapPhys(device, dma, 4096, From);
        Assert.Empty(tracker.Findings);
        Assert.Equal(0, tracker.Live);
    }

    [Fact]
    public void TheSeedInOneFinding()
    {
        using var box = new Box("linux-6.12");
        OwnershipTracker tracker = OwnershipTracker.Attach(box.Layer);
        Device camera = Box.Device(32);
        DmaAddress dma = box.Layer.MapPhys(camera, new(Box.Above4GiB), 65536, Both, Skip);
        Assert.Equal(Errno.None, box.Layer.MappingError(camera, dma));
        tracker.DeviceAccessed(write: false, camera, dma, 65536);
        box.Layer.UnmapPhys(camera, dma, 65536, Both, Skip);
        Assert.Equal(["DMA0052", "DMA0050", "DMA0051"], tracker.Findings.Select(f => f.Id));
    }

    [Fact]
    public void RegistersAreTracked()
    {
        using var box = new Box("linux-6.12");
        OwnershipTracker tracker = OwnershipTracker.Attach(box.Layer);
        Device device = Box.Device(32);
        DmaAddress dma = box.Layer.MapResource(device, new(0x1000_0000), 4096, Both);
        Assert.Equal(1, tracker.Live);
        box.Layer.MappingError(device, dma);
        box.Layer.UnmapResource(device, dma, 4096, Both);
        tracker.Released(device);
        Assert.Empty(tracker.Findings);
    }

    [Fact]
    public void CoherentMemoryIsTracked()
    {
        using var box = new Box("linux-6.12");
        OwnershipTracker tracker = OwnershipTracker.Attach(box.Layer);
        Device device = Box.Device(32);
        Handoff.Coherent.DmaBuffer ring = box.Layer.AllocCoherent(device, 8192)!;
        Handoff.Coherent.DmaBuffer leaked = box.Layer.AllocCoherent(device, 4096)!;
        tracker.CpuAccessed(write: true, ring.Physical, 64); // both sides own it always
        tracker.DeviceAccessed(write: true, device, ring.Dma, 64);
        box.Layer.FreeCoherent(device, ring);
        Assert.Empty(tracker.Findings);
        tracker.Released(device);
        Finding leak = Assert.Single(tracker.Findings);
        Assert.Equal(("DMA0001", leaked.Dma), (leak.Id, leak.Address));
    }

    [Fact]
    public void MemoryThatIsSyncedByHandIsGivenBackWithoutAFinding()
    {
        using var box = new Box("linux-6.12");
        OwnershipTracker tracker = OwnershipTracker.Attach(box.Layer);
        Device device = Box.Device(32);
        box.Layer.FreePages(device, box.Layer.AllocPages(device, 4096, Both), Both);
        box.Layer.AllocNoncontiguous(device, 8192, Both, Handoff.Pages.GfpFlags.Kernel, DmaAttributes.None, out Handoff.Coherent.DmaBuffer? memory);
        box.Layer.FreeNoncontiguous(device, memory, Both);
        Assert.Equal((0, 0L), (tracker.Findings.Count, tracker.Total));
    }

    [Fact]
    public void MemoryThatIsSyncedByHandLeaksAndMustBeFreedAsItWasTaken()
    {
        using var box = new Box("linux-6.12");
        OwnershipTracker tracker = OwnershipTracker.Attach(box.Layer);
        Device device = Box.Device(32);
        box.Layer.FreePages(device, box.Layer.AllocPages(device, 4096, Both), DmaDirection.ToDevice);
        Assert.Equal(FindingRules.WrongDirection.Id, Assert.Single(tracker.Findings).Id);
        Handoff.Coherent.DmaBuffer leaked = box.Layer.AllocNoncoherent(device, 4096, Both)!;
        tracker.Released(device);
        Assert.Equal(("DMA0001", leaked.Dma), (tracker.Findings[^1].Id, tracker.Findings[^1].Address));
    }

    /// <summary>Random drivers that keep every rule, on a live layer where some buffers bounce: no finding, and nothing is forgotten.</summary>
    [Fact]
    public void LegalTrafficHasNoFindings() => Check.Sample(
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 15], Gen.Int[0, 2], Gen.UInt).Array[1, 200],
        steps =>
        {
            using var box = new Box("linux-6.12");
            OwnershipTracker tracker = OwnershipTracker.Attach(box.Layer);
            Device[] devices = [Box.Device(32), Box.Device(64), Box.Device(32, coherent: true)];
            var live = new Dictionary<int, (Device Device, DmaAddress Dma, uint Size, DmaDirection Direction, bool Cpu)>();
            foreach ((int what, int slot, int third, uint random) in steps)
            {
                PhysicalAddress memory = new((slot % 2 == 0 ? Box.Above4GiB : 2 * Box.GiB) + ((ulong)slot << 20));
                if (!live.TryGetValue(slot, out var m))
                {
                    (Device device, uint size, var direction) = (devices[third], 1 + (random % 9000), (DmaDirection)(random % 3));
                    DmaAddress dma = box.Layer.MapPhys(device, memory, size, direction);
                    if (box.Layer.MappingError(device, dma) == Errno.None)
                        live[slot] = (device, dma, size, direction, false);
                }
                else if (what == 0)
                {
                    box.Layer.UnmapPhys(m.Device, m.Dma, m.Size, m.Direction);
                    live.Remove(slot);
                    tracker.CpuAccessed(write: true, memory, m.Size);
                }
                else if (m.Cpu)
                {
                    tracker.CpuAccessed(write: what == 1, memory, m.Size);
                    box.Layer.SyncSingleForDevice(m.Device, m.Dma, m.Size, m.Direction);
                    live[slot] = m with { Cpu = false };
                }
                else
                {
                    tracker.DeviceAccessed(write: m.Direction == From, m.Device, m.Dma + (random % m.Size), 1);
                    uint offset = what == 1 ? 0 : random % m.Size;
                    uint size = what == 1 ? m.Size : m.Size - offset;
                    box.Layer.SyncSingleRangeForCpu(m.Device, m.Dma, offset, size, m.Direction);
                    tracker.CpuAccessed(write: false, memory + offset, size);
                    if (what == 1)
                        live[slot] = m with { Cpu = true };
                    else
                        box.Layer.SyncSingleRangeForDevice(m.Device, m.Dma, offset, size, m.Direction);
                }

                Assert.Equal(live.Count, tracker.Live);
            }

            Assert.Empty(tracker.Findings);
        },
        iter: 60,
        threads: 1);

    private static MemoryUse UseOf(PhysicalAddress address, ulong size) => (address.Value >> 32) switch
    {
        1 => MemoryUse.Stack,
        2 => MemoryUse.Vmalloc,
        3 => MemoryUse.KernelText,
        4 => MemoryUse.NotRam,
        _ => MemoryUse.Ordinary,
    };

    private static OwnershipTracker Tell(OwnershipOptions options, string story)
    {
        var tracker = new OwnershipTracker(options);
        int a = tracker.AddDevice(new DeviceFacts("a", Coherent: false, MaxMappingSize: 262144));
        tracker.AddDevice(new DeviceFacts("b", Coherent: false));
        tracker.AddDevice(new DeviceFacts("c", Coherent: true));
        long time = 0;
        foreach (string step in story.Split(';'))
        {
            string[] words = step.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "cpu")
            {
                tracker.Process(MappingEvent.CpuAccess(words[1] == "write", new(Number(words[2])), ulong.Parse(words[3]), time++));
                continue;
            }

            int device = words[0][0] - 'a' + a;
            if (words[1] == "release")
            {
                tracker.Process(MappingEvent.Released(device, time++));
                continue;
            }

            bool bounced = words.Contains("bounced");
            ulong memory = Number(words[2]);
            ulong address = words[2] == "error" ? ulong.MaxValue : memory;
            ulong size = words.Length > 3 ? ulong.Parse(words[3]) : 0;
            DmaDirection direction = words.Contains("to") ? To : words.Contains("from") ? From : Both;
            DmaAttributes attributes = words.Contains("skip") ? Skip : DmaAttributes.None;
            MappingKind kind = words.Contains("coherent") ? MappingKind.Coherent : words.Contains("resource") ? MappingKind.Resource : MappingKind.Single;
            tracker.Process(words[1] switch
            {
                "map" => MappingEvent.Map(device, new(address), new(memory), size, direction, attributes, bounced, time) with { Mapping = kind },
                "unmap" => MappingEvent.Unmap(device, new(address), size, direction, attributes, time) with { Mapping = kind },
                "check" => MappingEvent.ErrorCheck(device, new(address), time),
                "cpu-sync" => MappingEvent.Sync(true, device, new(address), size, direction, time),
                "dev-sync" => MappingEvent.Sync(false, device, new(address), size, direction, time),
                "read" => MappingEvent.DeviceAccess(false, device, new(address), size, time),
                "write" => MappingEvent.DeviceAccess(true, device, new(address), size, time),
                _ => throw new ArgumentException(step),
            });
            time++;
        }

        return tracker;
    }

    private static ulong Number(string word) => word switch
    {
        "stack" => 1UL << 32,
        "vmalloc" => 2UL << 32,
        "text" => 3UL << 32,
        "hole" => 4UL << 32,
        "error" => 0x9000,
        _ => ulong.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
    };
}
