using Handoff.Core.Tests.Kernels;
using Handoff.Sharing;

namespace Handoff.Core.Tests.Sharing;

/// <summary>The contract of attach, map, unmap, detach, and CPU access, whatever the exporter.</summary>
public sealed class DmaBufTests : IDisposable
{
    private const DmaDirection To = DmaDirection.ToDevice, From = DmaDirection.FromDevice, Both = DmaDirection.Bidirectional;

    private readonly Box _box = new("linux-6.12");

    public void Dispose() => _box.Dispose();

    [Fact]
    public void AttachMayRefuse()
    {
        var buffer = new DmaBuf<RealMemory>(new Scripted(_box) { Refusal = Errno.Busy }, 4096);
        Assert.Equal(Errno.Busy, buffer.Attach(Box.Device(32), out DmaBufAttachment<RealMemory>? attachment));
        Assert.Null(attachment);
        Assert.Empty(buffer.Attachments);
    }

    [Fact]
    public void AttachmentsAreNewestFirst()
    {
        var buffer = new DmaBuf<RealMemory>(new Scripted(_box), 4096);
        buffer.Attach(Box.Device(32, name: "first"), out _);
        buffer.Attach(Box.Device(32, name: "second"), out _);
        Assert.Equal(["second", "first"], buffer.Attachments.Select(a => a.Device.Name));
    }

    [Theory]
    [InlineData(To, To, Errno.None)]
    [InlineData(To, Both, Errno.Busy)]
    [InlineData(To, From, Errno.Busy)]
    [InlineData(Both, To, Errno.None)]
    [InlineData(Both, From, Errno.None)]
    public void ACachedTableServesItsDirectionOnly(DmaDirection first, DmaDirection second, Errno expected)
    {
        var exporter = new Scripted(_box) { Caches = true };
        var buffer = new DmaBuf<RealMemory>(exporter, 4096);
        buffer.Attach(Box.Device(64), out DmaBufAttachment<RealMemory>? attachment);
        Assert.Equal(Errno.None, buffer.MapAttachmentUnlocked(attachment!, first, out SgTable? one));
        buffer.UnmapAttachmentUnlocked(attachment!, one!, first);
        Assert.Equal(expected, buffer.MapAttachmentUnlocked(attachment!, second, out SgTable? two));
        Assert.Same(expected == Errno.None ? one : null, two);
        Assert.Equal(["map"], exporter.Calls);
        buffer.Detach(attachment!);
        Assert.Equal(["map", "unmap", "detach"], exporter.Calls);
    }

    [Fact]
    public void WithoutCachingEachMapAndUnmapReachesTheExporter()
    {
        var exporter = new Scripted(_box);
        var buffer = new DmaBuf<RealMemory>(exporter, 4096);
        buffer.Attach(Box.Device(64), out DmaBufAttachment<RealMemory>? attachment);
        for (int i = 0; i < 2; i++)
        {
            buffer.MapAttachmentUnlocked(attachment!, i == 0 ? To : From, out SgTable? table);
            buffer.UnmapAttachmentUnlocked(attachment!, table!, To);
        }

        buffer.Detach(attachment!);
        Assert.Equal(["map", "unmap", "map", "unmap", "detach"], exporter.Calls);
    }

    [Theory]
    [InlineData(false, false, "map unmap detach")] // both static: mapped when asked
    [InlineData(true, true, "map unmap detach")] // both dynamic: no pin
    [InlineData(true, false, "pin map unmap unpin detach")] // static importer of a buffer that moves
    [InlineData(false, true, "map unmap detach")] // dynamic importer of one that does not
    public void MixedDynamicsMapAtAttach(bool dynamicExporter, bool dynamicImporter, string calls)
    {
        var exporter = new Scripted(_box) { Dynamic = dynamicExporter };
        var buffer = new DmaBuf<RealMemory>(exporter, 4096);
        buffer.Attach(Box.Device(64), out DmaBufAttachment<RealMemory>? attachment, dynamicImporter ? new Importer() : null);
        bool mixed = dynamicExporter != dynamicImporter;
        Assert.Equal(mixed, exporter.Calls.Contains("map"));
        buffer.MapAttachmentUnlocked(attachment!, From, out SgTable? table); // a table mapped at attach is BIDIRECTIONAL: any direction fits
        Assert.NotNull(table);
        buffer.UnmapAttachmentUnlocked(attachment!, table, From);
        buffer.Detach(attachment!);
        Assert.Equal(calls, string.Join(' ', exporter.Calls));
        Assert.Equal(mixed ? Both : From, exporter.Direction);
    }

    [Fact]
    public void AFailedMapAtAttachUndoesPinAndAttachment()
    {
        var exporter = new Scripted(_box) { Dynamic = true, MapError = Errno.IO };
        var buffer = new DmaBuf<RealMemory>(exporter, 4096);
        Assert.Equal(Errno.IO, buffer.Attach(Box.Device(64), out _));
        Assert.Equal(["pin", "map", "unpin", "detach"], exporter.Calls);
        Assert.Empty(buffer.Attachments);
    }

    [Fact]
    public void OnlyDynamicImportersHearOfMoves()
    {
        var buffer = new DmaBuf<RealMemory>(new Scripted(_box) { Dynamic = true }, 4096);
        var importer = new Importer();
        buffer.Attach(Box.Device(64), out DmaBufAttachment<RealMemory>? moving, importer);
        buffer.Attach(Box.Device(64), out _);
        buffer.Reservation.Lock();
        buffer.MoveNotify();
        buffer.Reservation.Unlock();
        Assert.Same(moving, Assert.Single(importer.Moved));
    }

    [Theory]
    [InlineData(DmaBufSync.Read, Errno.None, "begin FromDevice")]
    [InlineData(DmaBufSync.Write, Errno.None, "begin ToDevice")]
    [InlineData(DmaBufSync.ReadWrite, Errno.None, "begin Bidirectional")]
    [InlineData(DmaBufSync.Read | DmaBufSync.End, Errno.None, "end FromDevice")]
    [InlineData(DmaBufSync.ReadWrite | DmaBufSync.End, Errno.None, "end Bidirectional")]
    [InlineData(DmaBufSync.Start, Errno.Invalid, "")]
    [InlineData(DmaBufSync.End, Errno.Invalid, "")]
    [InlineData((DmaBufSync)8 | DmaBufSync.Read, Errno.Invalid, "")]
    public void SyncChecksItsFlags(DmaBufSync flags, Errno expected, string call)
    {
        var exporter = new Scripted(_box);
        var buffer = new DmaBuf<RealMemory>(exporter, 4096);
        Assert.Equal(expected, buffer.Sync(flags));
        Assert.Equal(call, string.Join(' ', exporter.Calls));
    }

    [Theory]
    [InlineData(FenceUsage.Kernel, true, true)]
    [InlineData(FenceUsage.Write, true, true)]
    [InlineData(FenceUsage.Read, false, true)]
    [InlineData(FenceUsage.Bookkeeping, false, false)]
    public void ReadersWaitForWritersAndWritersForEverybody(FenceUsage usage, bool readWaits, bool writeWaits)
    {
        var buffer = new DmaBuf<RealMemory>(new Scripted(_box), 4096);
        var fence = new Fence();
        buffer.Reservation.Add(fence, usage);
        Assert.Equal(!readWaits, buffer.Poll(forWriting: false));
        Assert.Equal(!writeWaits, buffer.Poll(forWriting: true));
        Assert.Equal(readWaits, Waits(From));
        Assert.Equal(writeWaits, Waits(To));
        fence.Signal();
        Assert.True(buffer.Poll(forWriting: true));
        Assert.Equal(Errno.None, buffer.BeginCpuAccess(Both));

        bool Waits(DmaDirection direction) => buffer.Reservation.Pending(direction == From ? FenceUsage.Write : FenceUsage.Read).Count > 0;
    }

    [Fact]
    public async Task BeginBlocksUntilTheWriterIsDone()
    {
        var exporter = new Scripted(_box);
        var buffer = new DmaBuf<RealMemory>(exporter, 4096);
        var fence = new Fence();
        buffer.Reservation.Add(fence, FenceUsage.Write);
        Task<Errno> begin = Task.Run(() => buffer.BeginCpuAccess(From));
        while (exporter.Calls.Count == 0)
            await Task.Delay(1, TestContext.Current.CancellationToken); // the exporter acts before the wait
        Assert.False(begin.IsCompleted);
        fence.Signal();
        Assert.Equal(Errno.None, await begin);
    }

    [Fact]
    public void SyncFilesSnapshotAndAddFences()
    {
        var buffer = new DmaBuf<RealMemory>(new Scripted(_box), 4096);
        Assert.Equal(Errno.None, buffer.ExportSyncFile(DmaBufSync.Read, out Fence? none));
        Assert.True(none!.IsSignaled);
        var reader = new Fence();
        Assert.Equal(Errno.None, buffer.ImportSyncFile(DmaBufSync.Read, reader));
        buffer.ExportSyncFile(DmaBufSync.Read, out Fence? writers);
        buffer.ExportSyncFile(DmaBufSync.Write, out Fence? everybody);
        Assert.True(writers!.IsSignaled);
        Assert.False(everybody!.IsSignaled);
        reader.Signal();
        everybody.Wait();
        Assert.Equal(Errno.Invalid, buffer.ImportSyncFile(DmaBufSync.End, reader));
        Assert.Equal(Errno.Invalid, buffer.ExportSyncFile(DmaBufSync.Start, out _));
    }

    [Fact]
    public void LocksAreWhereTheContractSays()
    {
        var buffer = new DmaBuf<RealMemory>(new Scripted(_box), 4096);
        buffer.Attach(Box.Device(64), out DmaBufAttachment<RealMemory>? attachment);
        buffer.MapAttachment(attachment!, Both, out _);
        Assert.Contains(_box.Layer.Log.Messages, m => m.Text.Contains("dma_buf_map_attachment", StringComparison.Ordinal));
        buffer.Reservation.Lock();
        Assert.Throws<InvalidOperationException>(() => buffer.MapAttachmentUnlocked(attachment!, Both, out _));
        buffer.BeginCpuAccess(Both);
        buffer.Reservation.Unlock();
        Assert.Contains(_box.Layer.Log.Messages, m => m.Text.Contains("dma_buf_begin_cpu_access", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(31, Errno.None)]
    [InlineData(32, Errno.Invalid)]
    public void NamesHaveALimit(int length, Errno expected)
    {
        var buffer = new DmaBuf<RealMemory>(new Scripted(_box), 4096);
        Assert.Equal(expected, buffer.SetName(new string('x', length)));
        Assert.Equal(expected == Errno.None ? length : 0, buffer.Name.Length);
    }

    [Theory]
    [InlineData(0UL, 8192UL, Errno.None)]
    [InlineData(4096UL, 4096UL, Errno.None)]
    [InlineData(4096UL, 8192UL, Errno.Invalid)]
    [InlineData(100UL, 4096UL, Errno.Invalid)]
    public void MmapIsBounded(ulong offset, ulong size, Errno expected) =>
        Assert.Equal(expected, new DmaBuf<RealMemory>(new Scripted(_box), 8192).CheckMmap(offset, size));

    [Fact]
    public void VmapIsCounted()
    {
        var buffer = new DmaBuf<RealMemory>(new Scripted(_box), 4096);
        buffer.Reservation.Lock();
        buffer.Vmap();
        buffer.Vmap();
        buffer.Vunmap();
        Assert.True(buffer.IsVmapped);
        buffer.Vunmap();
        Assert.False(buffer.IsVmapped);
        Assert.Throws<InvalidOperationException>(buffer.Vunmap);
        buffer.Reservation.Unlock();
    }

    [Fact]
    public void ReleaseWithAttachmentsIsReported()
    {
        var exporter = new Scripted(_box);
        var buffer = new DmaBuf<RealMemory>(exporter, 4096);
        buffer.Attach(Box.Device(64), out DmaBufAttachment<RealMemory>? attachment);
        buffer.Release();
        Assert.Contains(_box.Layer.Log.Messages, m => m.Text.Contains("released with 1 attachments", StringComparison.Ordinal));
        buffer.Detach(attachment!);
        Assert.Throws<ArgumentException>(() => buffer.Detach(attachment!));
    }

    private sealed class Importer : IDmaBufImporter<RealMemory>
    {
        public List<DmaBufAttachment<RealMemory>> Moved { get; } = [];

        public void MoveNotify(DmaBufAttachment<RealMemory> attachment) => Moved.Add(attachment);
    }

    /// <summary>An exporter that writes down how it is called.</summary>
    private sealed class Scripted(Box box) : DmaBufExporter<RealMemory>(box.Layer)
    {
        public Errno Refusal { get; init; }

        public Errno MapError { get; init; }

        public bool Caches { get; init; }

        public bool Dynamic { get; init; }

        public List<string> Calls { get; } = [];

        public DmaDirection Direction { get; private set; }

        public override string Name => "scripted";

        public override bool CachesTables => Caches;

        public override bool IsDynamic => Dynamic;

        public override Errno Attach(DmaBufAttachment<RealMemory> attachment) => Refusal;

        public override void Detach(DmaBufAttachment<RealMemory> attachment) => Calls.Add("detach");

        public override Errno Map(DmaBufAttachment<RealMemory> attachment, DmaDirection direction, out SgTable? table)
        {
            Calls.Add("map");
            Direction = direction;
            Assert.True(attachment.Buffer.Reservation.IsHeld || Calls.Count == 1);
            table = MapError == Errno.None ? new SgTable(new ScatterlistEntry(new(Box.GiB), 4096)) : null;
            return MapError;
        }

        public override void Unmap(DmaBufAttachment<RealMemory> attachment, SgTable table, DmaDirection direction) => Calls.Add("unmap");

        public override Errno BeginCpuAccess(DmaBuf<RealMemory> buffer, DmaDirection direction)
        {
            Calls.Add($"begin {direction}");
            return Errno.None;
        }

        public override Errno EndCpuAccess(DmaBuf<RealMemory> buffer, DmaDirection direction)
        {
            Calls.Add($"end {direction}");
            return Errno.None;
        }

        public override Errno Pin(DmaBufAttachment<RealMemory> attachment)
        {
            Calls.Add("pin");
            return Errno.None;
        }

        public override void Unpin(DmaBufAttachment<RealMemory> attachment) => Calls.Add("unpin");
    }
}
