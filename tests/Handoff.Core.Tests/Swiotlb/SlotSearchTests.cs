using CsCheck;
using Handoff.Kernels;

namespace Handoff.Core.Tests.Swiotlb;

/// <summary>The fast slot search gives the literal one's answers: addresses, failures, counters and partial syncs.</summary>
public sealed class SlotSearchTests
{
    private const ulong PoolStart = 0x1000_0000;
    private static readonly KernelProfile Linux612 = new("linux-6.12", new KernelSwitches(), "");

    private static readonly ulong[] Masks = [0, 0, 0, 0x1ff, 0x7ff, 0xfff, 0xfff, 0x1fff, 0x3fff, 0xffff, 0x1ffff, 0x1800, 0xff000];
    private static readonly ulong[] Boundaries = [0xffff_ffff, 0xffff_ffff, ulong.MaxValue, 0xffff, 0xf_ffff, 0x7_ffff, 0x1fff, 0x7ff, 0x1ff];
    private static readonly ulong[] AlignMasks = [0, 0, 0, 0xfff, 0xfff, 0x3fff, 0xffff, 0x7ffff];

    private static readonly Gen<Request> GenRequest = Gen.Select(
        Gen.Int[0, 9], Gen.UInt, Gen.Int[0, Masks.Length - 1], Gen.Int[0, Boundaries.Length - 1], Gen.Int[0, AlignMasks.Length - 1], Gen.Int[0, 40],
        (kind, random, mask, boundary, align, cpu) => new Request(kind, random, Masks[mask], Boundaries[boundary], AlignMasks[align], cpu));

    private readonly record struct Request(int Kind, uint Random, ulong MinAlign, ulong Boundary, ulong AlignMask, int Cpu);

    [Theory]
    [InlineData(128, 1)]
    [InlineData(512, 1)]
    [InlineData(512, 4)]
    [InlineData(2048, 16)]
    [InlineData(1024, 2)]
    public void AgreesWithTheLiteralSearch(int slots, int areas) =>
        GenRequest.Array[1, 400].Sample(requests => Run(requests, slots, areas, PoolStart), iter: 1500);

    [Theory]
    [InlineData(0x1000_1000UL)]
    [InlineData(0xffff_0000UL)]
    [InlineData(0x1_0004_3000UL)]
    public void AgreesForPoolsThatAreOnlyPageAligned(ulong start) =>
        GenRequest.Array[1, 300].Sample(requests => Run(requests, 512, 2, start), iter: 800);

    [Fact]
    public void AgreesForAreasThatShareSegments() =>
        GenRequest.Array[1, 300].Sample(requests => Run(requests, 384, 2, PoolStart), iter: 800);

    private static void Run(Request[] requests, int slots, int areas, ulong start)
    {
        var layer = LayerWithPool(start, slots, areas);
        var reference = new ReferencePool(start, slots, areas);
        var live = new List<(ulong Address, ulong Size, Request Request)>();
        foreach (Request request in requests)
        {
            if (request.Kind < 4 && live.Count > 0)
            {
                int which = (int)(request.Random % (uint)live.Count);
                (ulong address, ulong size, Request made) = live[which];
                var device = DeviceFor(made);
                if (request.Kind == 0)
                {
                    ulong offset = request.Random / 7 % size, part = 1 + (request.Random / 11 % (size - offset));
                    var expected = reference.Sync(address + offset, part, made.MinAlign);
                    layer.SyncSingleForDevice(device, new(address + offset), part, DmaDirection.Bidirectional);
                    Assert.Equal(expected, (layer.Memory.From.Value, layer.Memory.Size));
                    Assert.Equal(address + offset, layer.Memory.To.Value);
                    continue;
                }

                live.RemoveAt(which);
                reference.Unmap(address, made.MinAlign);
                layer.SwiotlbUnmap(device, new(address), size, DmaDirection.Bidirectional, DmaAttributes.SkipCpuSync);
            }
            else
            {
                ulong size = SizeOf(request);
                ulong original = request.Random % 64 == 0 ? 0 : 0x1_0000_0000UL + request.Random;
                CurrentCpu.Id = request.Cpu;
                ulong? expected = reference.Map(original, size, request.AlignMask, request.MinAlign, request.Boundary, request.Cpu);
                PhysicalAddress got = layer.SwiotlbMap(
                    DeviceFor(request), new(original), size, request.AlignMask, DmaDirection.Bidirectional, DmaAttributes.NoWarn);
                Assert.Equal(expected ?? ulong.MaxValue, got.Value);
                if (expected is { } address)
                    live.Add((address, size, request));
            }

            Assert.Equal(reference.Used, layer.Swiotlb!.Used);
            Assert.Equal(reference.HighWater, layer.Swiotlb.HighWater);
        }

        CurrentCpu.Id = 0; // the thread goes on to other tests
    }

    private static ulong SizeOf(Request request)
    {
        uint random = request.Random / 13;
        return (request.Kind % 6) switch
        {
            0 => 1 + (random % 4096),
            1 => 2048,
            2 => 1 + (random % 20000),
            3 => 4096,
            4 => 1 + (random % 262144),
            _ => random % 3 == 0 ? 262144 + (random % 4096) : 1 + (random % 600),
        };
    }

    private static Device DeviceFor(Request request) => new("dev")
    {
        Coherent = true,
        MinAlignMask = (uint)request.MinAlign,
        SegmentBoundaryMask = request.Boundary,
    };

    private static DmaLayer<CopyRecorder> LayerWithPool(ulong start, int slots, int areas) =>
        new(
            new Machine { SwiotlbStart = new(start), Cpus = areas },
            Linux612,
            default,
            new Handoff.Swiotlb.SwiotlbAllocator("swiotlb", new Handoff.Swiotlb.SwiotlbPool(new(start), slots, areas)));
}
