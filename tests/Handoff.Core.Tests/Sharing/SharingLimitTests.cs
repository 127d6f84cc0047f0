using Handoff.Core.Tests.Kernels;
using Handoff.Kernels;
using Handoff.Sharing;

namespace Handoff.Core.Tests.Sharing;

/// <summary>Importers that come and go while the CPU works, and limits.</summary>
public sealed class SharingLimitTests
{
    [Fact]
    public async Task ImportersMayComeAndGoDuringCpuAccess()
    {
        var layer = new DmaLayer<RealMemory>(new Machine(), KernelProfiles.Default, RealMemory.Reserve(new(1UL << 30), 1UL << 30));
        var exporter = new HeapExporter<RealMemory>(layer, DmaHeapKind.System, new SgTable(new ScatterlistEntry(new(1UL << 30), 4096)));
        var buffer = new DmaBuf<RealMemory>(exporter, 4096);
        Task[] importers = [.. Enumerable.Range(0, 2).Select(i => Task.Run(() =>
        {
            for (int round = 0; round < 3000; round++)
            {
                Assert.Equal(Errno.None, buffer.Attach(Box.Device(64, coherent: i == 0), out DmaBufAttachment<RealMemory>? attachment));
                Assert.Equal(Errno.None, buffer.MapAttachmentUnlocked(attachment!, DmaDirection.Bidirectional, out SgTable? table));
                buffer.UnmapAttachmentUnlocked(attachment!, table!, DmaDirection.Bidirectional);
                buffer.Detach(attachment!);
            }
        }))];
        while (!importers.All(t => t.IsCompleted))
        {
            Assert.Equal(Errno.None, buffer.BeginCpuAccess(DmaDirection.Bidirectional));
            Assert.Equal(Errno.None, buffer.EndCpuAccess(DmaDirection.Bidirectional));
        }

        await Task.WhenAll(importers);
        Assert.Empty(buffer.Attachments);
        layer.Memory.Free();
    }

    [Theory]
    [InlineData("0+4096", Errno.None)]
    [InlineData("0+67108864", Errno.None)]
    [InlineData("0+67112960", Errno.Invalid)]
    [InlineData("0+33554432,4096+33558528", Errno.Invalid)] // together
    [InlineData("0+0", Errno.Invalid)]
    [InlineData("0+100", Errno.Invalid)]
    [InlineData("100+4096", Errno.Invalid)]
    [InlineData("0+18446744073709547520,0+8192", Errno.Invalid)]
    [InlineData("", Errno.Invalid)]
    public void UdmabufHasLimits(string parts, Errno expected) =>
        Assert.Equal(expected, UdmabufLimits.CheckCreate(
            [.. parts.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('+')).Select(p => (ulong.Parse(p[0]), ulong.Parse(p[1])))]));

    [Theory]
    [InlineData(1024, Errno.None)]
    [InlineData(1025, Errno.Invalid)]
    public void UdmabufListsHaveALimit(int count, Errno expected) =>
        Assert.Equal(expected, UdmabufLimits.CheckCreate([.. Enumerable.Repeat((0UL, 4096UL), count)]));

    [Fact]
    public void ABlockOf5GiBIsTwoEntries()
    {
        var machine = new Machine { Ram = RamMap.Usual(Architecture.Arm64, 16UL << 30) };
        var layer = new DmaLayer<CountingMemory>(machine, KernelProfiles.Default, default);
        var heap = new DmaHeap<CountingMemory>(layer, DmaHeapKind.Cma, new OneBlock());
        Assert.Equal(Errno.None, heap.Allocate(5UL << 30, out DmaBuf<CountingMemory>? buffer));
        SgTable memory = ((HeapExporter<CountingMemory>)buffer!.Exporter).Memory;
        Assert.Equal((2, 5UL << 30, 0xffff_f000u), (memory.OrigNents, memory.Length, memory.Entries[0].Length));
        Assert.Equal(memory.Entries[0].Address + 0xffff_f000, memory.Entries[1].Address);
    }

    private sealed class OneBlock : IHeapPages
    {
        public PhysicalAddress? Allocate(int order, ulong limit) => null;

        public PhysicalAddress? AllocateContiguous(ulong size) => new PhysicalAddress(8UL << 30);

        public void Free(PhysicalAddress start, ulong size)
        {
        }
    }
}
