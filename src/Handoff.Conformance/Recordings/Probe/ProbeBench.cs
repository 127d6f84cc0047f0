using System.Globalization;
using Handoff.Conformance.Recordings.Machines;
using Handoff.Conformance.Recordings.Replay;

namespace Handoff.Conformance.Recordings.Probe;

/// <summary>What the probe module has at hand: a booted machine with real memory, patterns, and made-up buffers where the log names none.</summary>
internal sealed class ProbeBench : IDisposable
{
    private const ulong LowStart = 64UL << 20, HighStart = 256UL << 20;
    private const int Period = 256; // 7 is odd, so the pattern repeats after all byte values
    private static readonly byte[] s_patterns = [.. Enumerable.Range(0, 256).SelectMany(static seed => Enumerable.Range(0, Period).Select(i => unchecked((byte)(seed + (i * 7)))))];

    private readonly BootedMachine<RealMemory> _booted;
    private ulong _low, _high;

    /// <summary>Boots the machine.</summary>
    /// <param name="recorded">The machine.</param>
    /// <param name="cases">What the engine did when the trace was replayed; <see langword="null"/> without a complete trace.</param>
    public ProbeBench(RecordedMachine recorded, ReplayedCases? cases)
    {
        Cases = cases;
        Memory = RealMemory.For(recorded.Machine);
        _booted = recorded.Boot(Memory);
    }

    public BootedMachine<RealMemory> Booted => _booted;

    public DmaLayer<RealMemory> Layer => _booted.Layer;

    public Machine Machine => Layer.Machine;

    public RealMemory Memory { get; }

    /// <summary>What the engine did when the trace was replayed; <see langword="null"/> without a complete trace.</summary>
    public ReplayedCases? Cases { get; }

    /// <summary>Maps a buffer as part of a case. Here the pool is nearly empty; where the replay of the trace found it full, it is.</summary>
    public DmaAddress Map(
        int number, Device device, PhysicalAddress buffer, ulong size, DmaDirection direction, DmaAttributes attributes = DmaAttributes.None)
    {
        DmaAddress dma = Layer.MapPhys(device, buffer, size, direction, attributes);
        if (!dma.IsMapped || Cases?.FoundNoSlots(number) != true || !Layer.IsBounced(device, dma))
            return dma;
        Layer.UnmapPhys(device, dma, size, direction, DmaAttributes.SkipCpuSync);
        return DmaAddress.MappingError;
    }

    /// <summary>Whether a map that succeeds here may have failed there: there is no complete trace that would say so.</summary>
    public bool MayBeFull(Device device) => Cases is null && Layer.AllocatorOf(device) is not null;

    public Device Device(string name) => _booted[name];

    public void Dispose() => Memory.Free();

    /// <summary>The physical address behind a DMA address. Kernel: <c>dma_to_phys()</c>.</summary>
    public PhysicalAddress Reach(Device device, DmaAddress address) => Layer.Rules.ToPhysical(device, address);

    /// <summary>Whether the machine can hold these bytes: guards against damaged logs.</summary>
    public bool IsMemory(PhysicalAddress start, ulong size) =>
        size <= 1UL << 30 && start >= Memory.Start && start - Memory.Start is var offset && offset <= Memory.Size && size <= Memory.Size - offset;

    /// <summary>Whole pages that hold so many bytes.</summary>
    public ulong PageAligned(ulong size) => (size + Machine.PageSize - 1) & ~((ulong)Machine.PageSize - 1);

    public Span<byte> Bytes(PhysicalAddress start, ulong size) => Memory.Bytes(start, (int)size);

    /// <summary>Writes the probe's pattern: <c>seed + 7 i</c>.</summary>
    public void Fill(PhysicalAddress start, ulong size, int seed)
    {
        ReadOnlySpan<byte> pattern = s_patterns.AsSpan((byte)seed * Period, Period);
        Span<byte> bytes = Bytes(start, size);
        for (; bytes.Length >= Period; bytes = bytes[Period..])
            pattern.CopyTo(bytes);
        pattern[..bytes.Length].CopyTo(bytes);
    }

    /// <summary>1 if the pattern is there.</summary>
    public int Same(PhysicalAddress start, ulong size, int seed)
    {
        ReadOnlySpan<byte> pattern = s_patterns.AsSpan((byte)seed * Period, Period);
        ReadOnlySpan<byte> bytes = Bytes(start, size);
        for (; bytes.Length >= Period; bytes = bytes[Period..])
        {
            if (!bytes[..Period].SequenceEqual(pattern))
                return 0;
        }

        return bytes.SequenceEqual(pattern[..bytes.Length]) ? 1 : 0;
    }

    /// <summary>A buffer below 4 GiB or above that no other made-up buffer of the same case uses; <see langword="null"/> if there is no such RAM.</summary>
    public PhysicalAddress? Invent(bool high, ulong size)
    {
        ref ulong next = ref high ? ref _high : ref _low;
        size = PageAligned(size) + Machine.PageSize;
        foreach (MemoryRange range in Machine.Ram.Ranges)
        {
            ulong start = high ? Math.Max(range.Start.Value, 1UL << 32) + HighStart : range.Start.Value + LowStart;
            ulong end = high ? range.End.Value : Math.Min(range.End.Value, 1UL << 32);
            if (start >= end || size > end - start)
                continue;
            ulong at = start + next;
            if (at > end - size)
                (at, next) = (start, 0);
            next += size;
            return new(at);
        }

        return null;
    }

    /// <summary>Whether <paramref name="address"/> may be where <paramref name="original"/> bounced to: a slot of the right alignment in the device's pool.</summary>
    /// <remarks>Which slot it is depends on everything else that was mapped; the trace's replay answers that.</remarks>
    public bool IsPlausibleSlot(Device device, DmaAddress address, PhysicalAddress original, ulong size)
    {
        const ulong inSlot = 0x7ff;
        PhysicalAddress slot = Reach(device, address);
        if (Layer.AllocatorOf(device) is not { } allocator)
            return false;
        if (!allocator.IsDynamic && !(allocator.DefaultPool.Contains(slot) && allocator.DefaultPool.Contains(slot + (size - 1))))
            return false;
        uint repeat = device.MinAlignMask;
        ulong aligned = repeat == 0 ? (size >= Machine.PageSize ? Machine.PageSize - 1 : inSlot) : inSlot & ~(ulong)repeat;
        return (address.Value & aligned) == 0 && ((address.Value ^ original.Value) & repeat) == 0;
    }

    public static DmaDirection Direction(string text) => text switch
    {
        "TO" => DmaDirection.ToDevice,
        "FROM" => DmaDirection.FromDevice,
        _ => DmaDirection.Bidirectional,
    };

    public static string Hex(ulong value) => value.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>A check's result as the probe prints it: <c>-</c> where it does not apply.</summary>
    public static char Tri(int value) => value < 0 ? '-' : value == 0 ? '0' : '1';
}
