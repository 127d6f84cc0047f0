using System.Collections.Immutable;

namespace Handoff;

/// <summary>Where RAM is: ranges in ascending order, with holes between them.</summary>
public sealed class RamMap
{
    private readonly ImmutableArray<MemoryRange> _ranges;

    /// <summary>Makes a map of ranges given in any order.</summary>
    /// <exception cref="ArgumentException">No range, an empty range, one past the end of the address space, or two ranges overlap.</exception>
    public RamMap(params IEnumerable<MemoryRange> ranges)
    {
        _ranges = [.. ranges.OrderBy(r => r.Start)];
        if (_ranges.IsEmpty)
            throw new ArgumentException("A machine needs at least one range of RAM.", nameof(ranges));
        for (int i = 0; i < _ranges.Length; i++)
        {
            if (_ranges[i].Size == 0)
                throw new ArgumentException($"The range at {_ranges[i].Start} is empty.", nameof(ranges));
            if (_ranges[i].Size > ulong.MaxValue - _ranges[i].Start.Value)
                throw new ArgumentException($"The range at {_ranges[i].Start} reaches past the end of the address space.", nameof(ranges));
            if (i > 0 && _ranges[i - 1].End > _ranges[i].Start)
                throw new ArgumentException($"{_ranges[i - 1]} and {_ranges[i]} overlap.", nameof(ranges));
        }
    }

    /// <summary>The ranges in ascending order.</summary>
    public ImmutableArray<MemoryRange> Ranges => _ranges;

    /// <summary>First byte of RAM.</summary>
    public PhysicalAddress Start => _ranges[0].Start;

    /// <summary>First byte after the last range.</summary>
    public PhysicalAddress End => _ranges[^1].End;

    /// <summary>Bytes of RAM, holes not counted.</summary>
    public ulong TotalSize
    {
        get
        {
            ulong total = 0;
            foreach (MemoryRange range in _ranges)
                total += range.Size;
            return total;
        }
    }

    /// <summary>Whether all <paramref name="size"/> bytes from <paramref name="address"/> are RAM of one range.</summary>
    public bool Contains(PhysicalAddress address, ulong size = 1)
    {
        foreach (MemoryRange range in _ranges)
        {
            if (range.Contains(address, size))
                return true;
        }

        return false;
    }

    /// <summary>
    /// The usual layout of an architecture for a given amount of RAM: on x86-64 3 GiB at most below 4 GiB and the
    /// rest from 4 GiB up; on arm64 and riscv64 one range from 1 GiB (arm64) or 2 GiB (riscv64).
    /// </summary>
    public static RamMap Usual(Architecture architecture, ulong size)
    {
        const ulong gib = 1UL << 30;
        return architecture switch
        {
            Architecture.Arm64 => new RamMap(new MemoryRange(new(gib), size)),
            Architecture.Riscv64 => new RamMap(new MemoryRange(new(2 * gib), size)),
            _ when size <= 3 * gib => new RamMap(new MemoryRange(new(0), size)),
            _ => new RamMap(new MemoryRange(new(0), 3 * gib), new MemoryRange(new(4 * gib), size - (3 * gib))),
        };
    }
}
