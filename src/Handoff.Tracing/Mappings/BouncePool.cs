namespace Handoff.Tracing.Mappings;

/// <summary>A pool of bounce slots while a recording is read: what is known of it, and how full it is.</summary>
public sealed class BouncePool
{
    /// <summary>Bytes of one slot.</summary>
    public const ulong SlotSize = 2048;

    private const ulong LargestPool = 16UL << 30; // that kernels make

    private readonly SlotMap? _map;
    private readonly ulong _start, _size; // of the range; size 0 if it is not known

    internal BouncePool(string name, MemoryRange? range, int areas, bool isRestricted, LevelSeries used)
    {
        Name = name;
        Range = range;
        Areas = areas;
        IsRestricted = isRestricted;
        Used = used;
        IsPlaced = range is not null;
        (_start, _size) = range is { } place ? (place.Start.Value, place.Size) : default;
        if (range is { } known && CanBe(known))
        {
            Slots = (int)(known.Size / SlotSize);
            _map = new SlotMap(Slots);
        }
    }

    /// <summary>Whether a range can be a bounce pool: page-aligned, at least a slot, and of a size that kernels make.</summary>
    internal static bool CanBe(MemoryRange range) =>
        (range.Start.Value & 0xfff) == 0 && range.Size is >= SlotSize and <= LargestPool && range.End.Value > range.Start.Value;

    /// <summary>Name: empty for the machine's own pool, the region's name for a restricted one.</summary>
    public string Name { get; }

    /// <summary>Where it is; <see langword="null"/> if not known.</summary>
    public MemoryRange? Range { get; }

    /// <summary>Number of slots; 0 if not known.</summary>
    public int Slots { get; }

    /// <summary>Number of areas; 0 if not known.</summary>
    public int Areas { get; }

    /// <summary>Whether only some devices use it.</summary>
    public bool IsRestricted { get; }

    /// <summary>Slots in use over time.</summary>
    public LevelSeries Used { get; }

    /// <summary>Lowest slot address seen; all ones if none.</summary>
    public ulong LowestSeen { get; private set; } = ulong.MaxValue;

    /// <summary>Highest slot address seen, inclusive of the mapping.</summary>
    public ulong HighestSeen { get; private set; }

    /// <summary>Whether it is known where it is.</summary>
    internal bool IsPlaced { get; }

    internal bool Contains(ulong physical) => physical - _start < _size;

    internal void Change(ulong physical, ulong size, int slots, int bucket, ulong time, bool taken)
    {
        Used.Add(bucket, time, taken ? slots : -slots);
        if (taken)
        {
            LowestSeen = Math.Min(LowestSeen, physical);
            HighestSeen = Math.Max(HighestSeen, physical + size - 1);
        }

        _map?.Set((int)((physical - _start) / SlotSize), slots, taken);
    }

    /// <summary>The longest run of free slots that a request could use; -1 if not known.</summary>
    internal int LongestRun(int stride, int phase) => _map?.LongestRun(stride, phase) ?? -1;

    /// <summary>How many requests of a length find room one after the other, counted up to some number; 0 if not known.</summary>
    internal int Places(int stride, int phase, int length, int most) => _map?.Places(stride, phase, length, most) ?? 0;

    /// <summary>Free slots of the area that has most; -1 if not known.</summary>
    internal int FreeInBestArea()
    {
        if (_map is null || Areas <= 0)
            return -1;
        int best = 0, size = Slots / Areas;
        for (int area = 0; area < Areas; area++)
            best = Math.Max(best, _map.Free(area * size, size));
        return best;
    }

    internal void Reset(int bucket, ulong time)
    {
        Used.Reset(bucket, time);
        _map?.Clear();
    }
}
