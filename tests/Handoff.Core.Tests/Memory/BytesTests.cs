using CsCheck;
using Handoff.Kernels;

namespace Handoff.Core.Tests.Memory;

/// <summary>
/// Real bytes: after random maps, device writes, partial syncs and unmaps, memory equals that of a byte-by-byte model, and no
/// byte outside a mapping has changed.
/// </summary>
public sealed class BytesTests
{
    private const ulong Ram = 0x4000_0000, RamSize = 4UL << 20, Pool = Ram + (2UL << 20);
    private const int BufferBytes = 2 << 20;

    private static readonly Gen<Step> GenStep = Gen.Select(
        Gen.Int[0, 9], Gen.UInt, Gen.UInt, Gen.Int[0, 2], Gen.Bool, Gen.Int[0, 2],
        (kind, a, b, direction, skip, device) => new Step(kind, a, b, (DmaDirection)direction, skip, device));

    private readonly record struct Step(int Kind, uint A, uint B, DmaDirection Direction, bool Skip, int Device)
    {
        public DmaAttributes Attributes => Skip ? DmaAttributes.SkipCpuSync : DmaAttributes.None;
    }

    private sealed record Mapping(Device Device, DmaAddress Dma, int Offset, int Size, Step Made, byte[] Slot);

    [Theory]
    [InlineData(0u)]
    [InlineData(0xfffu)]
    [InlineData(0x1ffu)]
    public void FinalBytesAreThoseOfTheModel(uint minAlign) =>
        GenStep.Array[1, 120].Sample(steps => Run(steps, minAlign), iter: 150, threads: 1);

    private static void Run(Step[] steps, uint minAlign)
    {
        RealMemory memory = RealMemory.Reserve(new(Ram), RamSize);
        try
        {
            var random = new Random(steps.Length);
            random.NextBytes(memory.Bytes(new(Ram), BufferBytes));
            byte[] model = memory.Bytes(new(Ram), BufferBytes).ToArray();
            var layer = new DmaLayer<RealMemory>(
                new Machine { Ram = new RamMap(new MemoryRange(new(Ram), RamSize)), CmaSize = 0, Cpus = 2 },
                new KernelProfile("linux-6.12", new KernelSwitches(), ""),
                memory,
                new Handoff.Swiotlb.SwiotlbAllocator("swiotlb", new Handoff.Swiotlb.SwiotlbPool(new(Pool), 512, 2), forceBounce: true));
            Device[] devices = [.. Enumerable.Range(0, 3).Select(i => new Device($"dev{i}") { Coherent = i == 1, MinAlignMask = i == 2 ? 0 : minAlign })];
            var live = new List<Mapping>();
            foreach (Step step in steps)
                Apply(step, layer, devices, live, model);
            while (live.Count > 0)
                Unmap(live[0], layer, live, model, DmaAttributes.None);
            Assert.True(memory.Bytes(new(Ram), BufferBytes).SequenceEqual(model), "a byte outside the model changed");
            Assert.Equal(0, layer.Swiotlb!.Used);
        }
        finally
        {
            CurrentCpu.Id = 0; // the thread goes on to other tests
            memory.Free();
        }
    }

    private static void Apply(Step step, DmaLayer<RealMemory> layer, Device[] devices, List<Mapping> live, byte[] model)
    {
        Mapping? chosen = live.Count == 0 ? null : live[(int)(step.A % (uint)live.Count)];
        switch (step.Kind)
        {
            case <= 2:
                int size = 1 + (int)(step.B % 9000), offset = (int)(step.A % (BufferBytes - 9001));
                if (live.Exists(m => offset < m.Offset + m.Size && m.Offset < offset + size))
                    return; // overlapping mappings have no single right answer
                CurrentCpu.Id = step.Device;
                DmaAddress dma = layer.MapPhys(devices[step.Device], new(Ram + (ulong)offset), (ulong)size, step.Direction, step.Attributes);
                if (layer.MappingError(devices[step.Device], dma) == Errno.None)
                    live.Add(new(devices[step.Device], dma, offset, size, step, model.AsSpan(offset, size).ToArray()));
                break;
            case 3 or 4 when chosen is not null: // the device writes a part of its view
                (int from, int count) = Part(step, chosen);
                layer.Memory.Bytes(new(chosen.Dma.Value + (ulong)from), count).Fill((byte)step.A);
                chosen.Slot.AsSpan(from, count).Fill((byte)step.A);
                break;
            case 5 when chosen is not null: // the CPU writes the original
                (from, count) = Part(step, chosen);
                layer.Memory.Bytes(new(Ram + (ulong)(chosen.Offset + from)), count).Fill((byte)step.B);
                model.AsSpan(chosen.Offset + from, count).Fill((byte)step.B);
                break;
            case 6 when chosen is not null:
                (from, count) = Part(step, chosen);
                layer.SyncSingleRangeForCpu(chosen.Device, chosen.Dma, (ulong)from, (ulong)count, chosen.Made.Direction);
                if (chosen.Made.Direction != DmaDirection.ToDevice)
                    chosen.Slot.AsSpan(from, count).CopyTo(model.AsSpan(chosen.Offset + from));
                break;
            case 7 when chosen is not null:
                (from, count) = Part(step, chosen);
                layer.SyncSingleRangeForDevice(chosen.Device, chosen.Dma, (ulong)from, (ulong)count, chosen.Made.Direction);
                if (chosen.Made.Direction != DmaDirection.FromDevice)
                    model.AsSpan(chosen.Offset + from, count).CopyTo(chosen.Slot.AsSpan(from));
                break;
            case 8 or 9 when chosen is not null:
                Unmap(chosen, layer, live, model, step.Attributes);
                break;
        }

        foreach (Mapping mapping in live)
            Assert.True(layer.Memory.Bytes(new(mapping.Dma.Value), mapping.Size).SequenceEqual(mapping.Slot), "a slot differs from the model");
    }

    private static void Unmap(Mapping mapping, DmaLayer<RealMemory> layer, List<Mapping> live, byte[] model, DmaAttributes attributes)
    {
        layer.UnmapPhys(mapping.Device, mapping.Dma, (ulong)mapping.Size, mapping.Made.Direction, attributes);
        if (mapping.Made.Direction != DmaDirection.ToDevice && attributes == DmaAttributes.None)
            mapping.Slot.CopyTo(model.AsSpan(mapping.Offset));
        live.Remove(mapping);
    }

    private static (int From, int Count) Part(Step step, Mapping mapping)
    {
        int from = (int)(step.B % (uint)mapping.Size);
        return (from, 1 + (int)(step.A / 3 % (uint)(mapping.Size - from)));
    }
}
