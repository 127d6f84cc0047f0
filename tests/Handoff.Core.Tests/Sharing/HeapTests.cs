using Handoff.Core.Tests.Kernels;
using Handoff.Kernels;
using Handoff.Sharing;

namespace Handoff.Core.Tests.Sharing;

/// <summary>What heaps allocate, and what follows from their rules, shown on bytes.</summary>
public sealed class HeapTests
{
    private const DmaDirection To = DmaDirection.ToDevice, Both = DmaDirection.Bidirectional;
    private const ulong MiB = 1 << 20, High = Box.Above4GiB;

    [Theory]
    [InlineData(0UL, "", Errno.Invalid)]
    [InlineData(1UL, "4K", Errno.None)]
    [InlineData(4096UL, "4K", Errno.None)]
    [InlineData(65536UL, "64K", Errno.None)]
    [InlineData(69632UL, "64K 4K", Errno.None)]
    [InlineData(1 * MiB, "1M", Errno.None)]
    [InlineData((2 * MiB) + 65536 + 8192, "1M 1M 64K 4K 4K", Errno.None)]
    public void BlocksAreTakenGreedily(ulong length, string blocks, Errno expected)
    {
        using var box = new Box("linux-6.12");
        var pages = new ScriptedPages();
        Assert.Equal(expected, new DmaHeap<RealMemory>(box.Layer, DmaHeapKind.System, pages).Allocate(length, out DmaBuf<RealMemory>? buffer));
        Assert.Equal(blocks, buffer is null ? "" : Blocks(buffer));
        Assert.Equal(buffer is null ? 0 : Align.Up(length, 4096), buffer?.Size ?? 0);
    }

    [Fact]
    public void AnOrderThatFailedIsNotTriedAgain()
    {
        using var box = new Box("linux-6.12");
        var pages = new ScriptedPages { Fails = request => request is { Order: 8, Number: 1 } };
        new DmaHeap<RealMemory>(box.Layer, DmaHeapKind.System, pages).Allocate(3 * MiB, out DmaBuf<RealMemory>? buffer);
        Assert.Equal("1M " + string.Join(' ', Enumerable.Repeat("64K", 32)), Blocks(buffer!));
        Assert.Equal(2, pages.Requests.Count(r => r == 8));
    }

    [Fact]
    public void WithoutPagesEverythingIsGivenBack()
    {
        using var box = new Box("linux-6.12");
        var pages = new ScriptedPages { Fails = request => request.Number >= 2 };
        Assert.Equal(Errno.NoMemory, new DmaHeap<RealMemory>(box.Layer, DmaHeapKind.System, pages).Allocate(3 * MiB, out DmaBuf<RealMemory>? buffer));
        Assert.Null(buffer);
        Assert.Equal(2, pages.Freed);
    }

    [Theory]
    [InlineData(DmaHeapKind.System, Errno.IO)]
    [InlineData(DmaHeapKind.Cma, Errno.NoMemory)] // as recorded: mapA=-12 where the system heap gave -5
    public void ABlockTooLargeToBounceFailsWithTheHeapsOwnError(DmaHeapKind kind, Errno expected)
    {
        using var box = new Box("linux-6.12", "force");
        new DmaHeap<RealMemory>(box.Layer, kind, new KernelHeapPages(box.Layer.KernelMemory)).Allocate(1 * MiB, out DmaBuf<RealMemory>? buffer);
        buffer!.Attach(Box.Device(64), out DmaBufAttachment<RealMemory>? attachment);
        Assert.Equal(expected, buffer.MapAttachmentUnlocked(attachment!, Both, out SgTable? table));
        Assert.Null(table);
        Assert.Null(attachment!.Mapped);
    }

    [Theory]
    [InlineData(DmaHeapKind.System, false)]
    [InlineData(DmaHeapKind.SystemDma32, true)]
    [InlineData(DmaHeapKind.SystemUncached, false)]
    [InlineData(DmaHeapKind.SystemUncachedDma32, true)]
    public void OnlyTheDma32HeapsAskForLowPages(DmaHeapKind kind, bool low)
    {
        using var box = new Box("linux-6.12");
        new DmaHeap<RealMemory>(box.Layer, kind, new KernelHeapPages(box.Layer.KernelMemory)).Allocate(4 * MiB, out DmaBuf<RealMemory>? buffer);
        Device device = Box.Device(32);
        buffer!.Attach(device, out DmaBufAttachment<RealMemory>? attachment);
        Errno error = buffer.MapAttachmentUnlocked(attachment!, Both, out SgTable? table);
        Assert.Equal(low ? Errno.None : Errno.IO, error); // 1-MiB blocks above the mask are too large for a slot
        if (low)
            Assert.All(table!.Entries.ToArray(), e => Assert.False(box.Layer.IsBounced(device, e.DmaAddress)));
    }

    [Fact]
    public void CmaIsOneLowBlock()
    {
        using var box = new Box("linux-6.12");
        new DmaHeap<RealMemory>(box.Layer, DmaHeapKind.Cma, new KernelHeapPages(box.Layer.KernelMemory)).Allocate(4 * MiB, out DmaBuf<RealMemory>? buffer);
        Assert.Equal("4M", Blocks(buffer!));
        buffer!.Attach(Box.Device(32), out DmaBufAttachment<RealMemory>? attachment);
        Assert.Equal(Errno.None, buffer.MapAttachmentUnlocked(attachment!, Both, out _));
        buffer.Detach(attachment!);
        buffer.Release();
        new DmaHeap<RealMemory>(box.Layer, DmaHeapKind.Cma, new KernelHeapPages(box.Layer.KernelMemory)).Allocate(4 * MiB, out DmaBuf<RealMemory>? again);
        Assert.Equal(((HeapExporter<RealMemory>)buffer.Exporter).Memory.Entries[0].Address, ((HeapExporter<RealMemory>)again!.Exporter).Memory.Entries[0].Address);
    }

    [Fact]
    public void MemoryIsZeroed()
    {
        using var box = new Box("linux-6.12");
        box.Write(High, "old tenant");
        new DmaHeap<RealMemory>(box.Layer, DmaHeapKind.System, new ScriptedPages()).Allocate(4096, out _);
        Assert.Equal(new string('\0', 10), box.Read(High, 10));
    }

    [Theory]
    [InlineData("linux-6.12", DmaHeapKind.System, DmaAttributes.None)]
    [InlineData("linux-6.12", DmaHeapKind.Cma, DmaAttributes.None)]
    [InlineData("linux-6.12", DmaHeapKind.SystemUncached, DmaAttributes.SkipCpuSync)]
    [InlineData("linux-7.1", DmaHeapKind.SystemCcShared, DmaAttributes.CcShared)]
    [InlineData("+no-bounce", DmaHeapKind.System, DmaAttributes.NoBounce)]
    [InlineData("+no-bounce", DmaHeapKind.SystemUncached, DmaAttributes.SkipCpuSync | DmaAttributes.NoBounce)]
    [InlineData("+require-coherent", DmaHeapKind.System, DmaAttributes.RequireCoherent)]
    public void AttributesOfTheHeaps(string kernel, DmaHeapKind kind, DmaAttributes expected) =>
        Assert.Equal(expected, DmaHeaps.AttributesOf(kind, KernelProfiles.Parse(kernel).Profile!.Switches));

    [Theory]
    [InlineData("linux-6.12", "System Cma")]
    [InlineData("linux-7.1", "System Cma SystemCcShared")]
    [InlineData("android-uncached", "System SystemDma32 SystemUncached SystemUncachedDma32 Cma")]
    public void HeapsOfAKernel(string kernel, string heaps) => Assert.Equal(
        heaps,
        string.Join(' ', Enum.GetValues<DmaHeapKind>().Where(k => DmaHeaps.IsBuilt(k, KernelProfiles.Parse(kernel).Profile!.Switches))));

    [Fact]
    public void TheOldestBouncedImporterWins()
    {
        using var box = new Box("linux-6.12");
        (DmaBuf<RealMemory> buffer, _) = OnePage(box, DmaHeapKind.System);
        (Device a, SgTable forA) = Import(buffer, "a");
        (Device b, SgTable forB) = Import(buffer, "b");
        box.Write(Slot(box, b, forB), "from b");
        buffer.Sync(DmaBufSync.Read);
        Assert.Equal(new string('\0', 6), box.Read(High, 6)); // a's slot, as of map time, came last
        box.Write(Slot(box, a, forA), "from a");
        buffer.Sync(DmaBufSync.Read);
        Assert.Equal("from a", box.Read(High, 6));
    }

    [Fact]
    public void OneBouncedImporterIsServedWell()
    {
        using var box = new Box("linux-6.12");
        (DmaBuf<RealMemory> buffer, _) = OnePage(box, DmaHeapKind.System);
        (Device a, SgTable forA) = Import(buffer, "a");
        box.Write(Slot(box, a, forA), "result");
        buffer.Sync(DmaBufSync.Read);
        Assert.Equal("result", box.Read(High, 6));
        buffer.Sync(DmaBufSync.Write);
        box.Write(High, "answer");
        buffer.Sync(DmaBufSync.Write | DmaBufSync.End);
        Assert.Equal("answer", box.Read(Slot(box, a, forA), 6));
    }

    [Fact]
    public void AReadSessionUndoesAWriteSessionThatIsStillOpen()
    {
        using var box = new Box("linux-6.12");
        (DmaBuf<RealMemory> buffer, _) = OnePage(box, DmaHeapKind.System);
        buffer.Attach(Box.Device(32), out DmaBufAttachment<RealMemory>? attachment);
        buffer.MapAttachmentUnlocked(attachment!, To, out SgTable? table);
        buffer.Sync(DmaBufSync.Write);
        box.Write(High, "first writer");
        buffer.Sync(DmaBufSync.Read); // another process
        Assert.Equal(new string('\0', 12), box.Read(High, 12));
        box.Write(High, "first writer");
        buffer.Sync(DmaBufSync.Write | DmaBufSync.End);
        buffer.Sync(DmaBufSync.Read);
        Assert.Equal("first writer", box.Read(High, 12)); // harmless when sessions do not overlap
        Assert.NotNull(table);
    }

    [Fact]
    public void WithoutALiveMappingCpuAccessCostsNothing()
    {
        using var box = new Box("linux-6.12");
        (DmaBuf<RealMemory> buffer, _) = OnePage(box, DmaHeapKind.System);
        Device a = Box.Device(32);
        buffer.Attach(a, out DmaBufAttachment<RealMemory>? attachment);
        var observer = new Handoff.Ownership.OwnershipTracker();
        box.Layer.Observer = observer;
        buffer.Sync(DmaBufSync.ReadWrite);
        buffer.Sync(DmaBufSync.ReadWrite | DmaBufSync.End);
        Assert.Equal(0, observer.Step);
        buffer.MapAttachmentUnlocked(attachment!, Both, out SgTable? table);
        buffer.Sync(DmaBufSync.ReadWrite);
        Assert.Equal(2, observer.Step);
        buffer.UnmapAttachmentUnlocked(attachment!, table!, Both);
        buffer.Sync(DmaBufSync.ReadWrite);
        Assert.Equal(3, observer.Step);
    }

    [Fact]
    public void UncachedAndBouncedLosesBothWays()
    {
        using var box = new Box("android-uncached");
        (DmaBuf<RealMemory> buffer, _) = OnePage(box, DmaHeapKind.SystemUncached);
        Assert.True(buffer.Exporter.IsUncached);
        box.Write(High, "N");
        buffer.Attach(Box.Device(32), out DmaBufAttachment<RealMemory>? attachment);
        buffer.MapAttachmentUnlocked(attachment!, Both, out SgTable? table);
        ulong slot = Slot(box, attachment!.Device, table!);
        Assert.Equal("N", box.Read(slot, 1)); // copied in, through the cache
        box.Write(slot, "R");
        buffer.Sync(DmaBufSync.Read);
        Assert.Equal("N", box.Read(High, 1)); // never R
        box.Write(High, "M");
        buffer.Sync(DmaBufSync.Write | DmaBufSync.End);
        Assert.Equal("R", box.Read(slot, 1)); // never M
        buffer.UnmapAttachmentUnlocked(attachment, table!, Both);
        Assert.Equal("M", box.Read(High, 1)); // and R is gone
    }

    [Theory]
    [InlineData("linux-6.12", 32, Errno.None, Errno.None, true)]
    [InlineData("+mercier", 32, Errno.None, Errno.None, true)]
    [InlineData("+marinas", 32, Errno.None, Errno.None, true)]
    [InlineData("+refuse-bounced", 32, Errno.None, Errno.IO, false)]
    [InlineData("+no-bounce", 32, Errno.None, Errno.IO, false)]
    [InlineData("+require-coherent", 32, Errno.None, Errno.IO, false)]
    [InlineData("+refuse-attach", 32, Errno.Busy, Errno.None, false)]
    [InlineData("linux-6.12", 64, Errno.None, Errno.None, false)]
    [InlineData("+refuse-bounced", 64, Errno.None, Errno.None, false)]
    [InlineData("+no-bounce", 64, Errno.None, Errno.None, false)]
    [InlineData("+require-coherent", 64, Errno.None, Errno.IO, false)] // refuses every non-coherent importer
    [InlineData("+refuse-attach", 64, Errno.None, Errno.None, false)]
    public void PoliciesForAnUncachedBuffer(string kernel, int bits, Errno attach, Errno map, bool bounced)
    {
        using var box = new Box(kernel);
        (DmaBuf<RealMemory> buffer, _) = OnePage(box, DmaHeapKind.SystemUncached);
        Device device = Box.Device(bits);
        Assert.Equal(attach, buffer.Attach(device, out DmaBufAttachment<RealMemory>? attachment));
        if (attachment is null)
            return;
        Assert.Equal(map, buffer.MapAttachmentUnlocked(attachment, Both, out SgTable? table));
        Assert.Equal(bounced, table is not null && box.Layer.IsBounced(device, table.Entries[0].DmaAddress));
        if (table is null)
            Assert.Equal(0, box.Layer.Swiotlb!.Used); // nothing stays behind
    }

    [Fact]
    public void ForcedBouncingFailsForLargeBlocksAndIsSilentForSmallOnes()
    {
        using var box = new Box("linux-6.12", "32768,1,force");
        foreach ((ulong size, Errno expected) in new[] { (MiB, Errno.IO), (65536UL, Errno.None), (4096UL, Errno.None) })
        {
            new DmaHeap<RealMemory>(box.Layer, DmaHeapKind.System, new ScriptedPages()).Allocate(size, out DmaBuf<RealMemory>? buffer);
            buffer!.Attach(Box.Device(64, coherent: true), out DmaBufAttachment<RealMemory>? attachment);
            Assert.Equal(expected, buffer.MapAttachmentUnlocked(attachment!, Both, out _));
        }
    }

    [Fact]
    public void AnImportersOwnAttributesAreAdded()
    {
        using var box = new Box("linux-6.12");
        (DmaBuf<RealMemory> buffer, _) = OnePage(box, DmaHeapKind.System);
        buffer.Attach(Box.Device(32), out DmaBufAttachment<RealMemory>? attachment, extraAttributes: DmaAttributes.SkipCpuSync);
        buffer.MapAttachmentUnlocked(attachment!, Both, out SgTable? table);
        box.Write(Slot(box, attachment!.Device, table!), "lost");
        buffer.UnmapAttachmentUnlocked(attachment, table!, Both);
        Assert.Equal(new string('\0', 4), box.Read(High, 4));
    }

    [Theory]
    [InlineData("linux-6.12.0")]
    [InlineData("linux-6.12")]
    public void UdmabufAndABouncingImporter(string kernel)
    {
        using var box = new Box(kernel);
        bool skips = box.Kernel.Switches.UdmabufSkipsSync;
        var buffer = new DmaBuf<RealMemory>(new UdmabufExporter<RealMemory>(box.Layer, [new(High), new(High + 4096)]), 8192);
        box.Write(High, "one");
        Device camera = Box.Device(32, coherent: true);
        buffer.Attach(camera, out DmaBufAttachment<RealMemory>? attachment);
        buffer.MapAttachmentUnlocked(attachment!, Both, out SgTable? table);
        Assert.Equal(2, table!.OrigNents); // an entry per page, neighbours or not
        ulong slot = Slot(box, camera, table);
        Assert.Equal("one", box.Read(slot, 3)); // copied in once
        box.Write(slot, "two");
        buffer.Sync(DmaBufSync.ReadWrite);
        Assert.Equal("one", box.Read(High, 3)); // begin syncs the mapping of udmabuf's own device
        box.Write(High, "six");
        buffer.Sync(DmaBufSync.ReadWrite | DmaBufSync.End);
        Assert.Equal("two", box.Read(slot, 3));
        buffer.UnmapAttachmentUnlocked(attachment!, table, Both);
        buffer.MapAttachmentUnlocked(attachment!, Both, out SgTable? again);
        Assert.Same(table, again); // kept: unmap and map move nothing
        Assert.Equal("two", box.Read(slot, 3));
        buffer.UnmapAttachmentUnlocked(attachment!, again!, Both);
        buffer.Detach(attachment!);
        Assert.Equal(skips ? "six" : "two", box.Read(High, 3)); // only the old one copies back, at last
        Assert.Equal(0, box.Layer.Swiotlb!.Used);
    }

    [Theory]
    [InlineData("linux-6.12.0", "1 clean", "1 clean 1 invalidate 1 clean")]
    [InlineData("linux-6.12", "1 invalidate", "2 invalidate 1 clean")]
    public void UdmabufSyncsItsOwnDevice(string kernel, string first, string all)
    {
        var effects = new Effects();
        var layer = new DmaLayer<EffectMemory>(new Machine(), KernelProfiles.Parse(kernel).Profile!, new EffectMemory(effects));
        var buffer = new DmaBuf<EffectMemory>(new UdmabufExporter<EffectMemory>(layer, [new(High)]), 4096);
        Assert.Equal(Errno.Invalid, buffer.Sync(DmaBufSync.Read | DmaBufSync.End)); // no begin yet
        Assert.Equal(Errno.None, buffer.Sync(DmaBufSync.ReadWrite));
        Assert.Equal(first, effects.ToString());
        buffer.Sync(DmaBufSync.ReadWrite);
        Assert.Equal(Errno.None, buffer.Sync(DmaBufSync.ReadWrite | DmaBufSync.End));
        Assert.Equal(all, effects.ToString());
    }

    [Theory]
    [InlineData(DmaHeapKind.System, "")]
    [InlineData(DmaHeapKind.SystemUncached, "1 clean 1 invalidate")]
    public void OnlyTheUncachedHeapPushesItsZeroesOut(DmaHeapKind kind, string expected)
    {
        var effects = new Effects();
        var layer = new DmaLayer<EffectMemory>(new Machine(), KernelProfiles.Default, new EffectMemory(effects));
        new DmaHeap<EffectMemory>(layer, kind, new ScriptedPages()).Allocate(4096, out _);
        Assert.Equal(expected, effects.ToString());
    }

    private static (DmaBuf<RealMemory> Buffer, HeapExporter<RealMemory> Exporter) OnePage(Box box, DmaHeapKind kind)
    {
        var exporter = new HeapExporter<RealMemory>(box.Layer, kind, new SgTable(new ScatterlistEntry(new(High), 4096)));
        return (new DmaBuf<RealMemory>(exporter, 4096), exporter);
    }

    private static (Device Device, SgTable Table) Import(DmaBuf<RealMemory> buffer, string name)
    {
        Device device = Box.Device(32, coherent: true, name);
        Assert.Equal(Errno.None, buffer.Attach(device, out DmaBufAttachment<RealMemory>? attachment));
        Assert.Equal(Errno.None, buffer.MapAttachmentUnlocked(attachment!, Both, out SgTable? table));
        return (device, table!);
    }

    private static ulong Slot(Box box, Device device, SgTable table)
    {
        DmaAddress dma = table.Entries[0].DmaAddress;
        Assert.True(box.Layer.IsBounced(device, dma));
        return box.Reach(device, dma);
    }

    private static string Blocks<TMemory>(DmaBuf<TMemory> buffer)
        where TMemory : struct, IMemory =>
        string.Join(' ', ((HeapExporter<TMemory>)buffer.Exporter).Memory.Entries.ToArray().Select(e => e.Length >= MiB ? $"{e.Length >> 20}M" : $"{e.Length >> 10}K"));

    private sealed record PageRequest(int Order, int Number);

    /// <summary>Pages from 5 GiB up, with failures on demand.</summary>
    private sealed class ScriptedPages : IHeapPages
    {
        private ulong _next = High;

        public Func<PageRequest, bool> Fails { get; init; } = static _ => false;

        public List<int> Requests { get; } = [];

        public int Freed { get; private set; }

        public PhysicalAddress? Allocate(int order, ulong limit)
        {
            int number = Requests.Count;
            Requests.Add(order);
            if (Fails(new PageRequest(order, number)))
                return null;
            ulong size = 4096UL << order;
            _next = Align.Up(_next, size);
            PhysicalAddress block = new(_next);
            _next += size;
            return block;
        }

        public PhysicalAddress? AllocateContiguous(ulong size) => null;

        public void Free(PhysicalAddress start, ulong size) => Freed++;
    }

    private sealed class Effects
    {
        private readonly List<(string What, int Times)> _list = [];

        public void Add(string what)
        {
            if (_list.Count > 0 && _list[^1].What == what)
                _list[^1] = (what, _list[^1].Times + 1);
            else
                _list.Add((what, 1));
        }

        public override string ToString() => string.Join(' ', _list.Select(e => $"{e.Times} {e.What}"));
    }

    private readonly struct EffectMemory(Effects effects) : IMemory
    {
        public void Copy(PhysicalAddress from, PhysicalAddress to, ulong size) => effects.Add("copy");

        public void Zero(PhysicalAddress start, ulong size)
        {
        }

        public void Clean(PhysicalAddress start, ulong size) => effects.Add("clean");

        public void Invalidate(PhysicalAddress start, ulong size) => effects.Add("invalidate");
    }
}
