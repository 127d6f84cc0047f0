using System.Runtime.CompilerServices;

namespace Handoff.Tracing.Mappings;

/// <summary>What one device mapped, allocated and bounced in a recording.</summary>
public sealed class DeviceStatistics
{
    private const int Predicates = (int)BouncePredicate.Untrusted + 1;

    private readonly long[] _bounces = new long[Predicates * SizeClass.Count];
    private readonly ulong[] _bouncedBytes = new ulong[Predicates * SizeClass.Count];
    private readonly long[] _directionCounts = new long[4];
    private readonly ulong[] _directionBytes = new ulong[4];
    private readonly LogHistogram[] _lifetimes = [new(), new(), new(), new()]; // by direction

    internal DeviceStatistics(string name, PoolRoute route, LevelSeries live, LevelSeries slots)
    {
        Name = name;
        Route = route;
        Live = live;
        Slots = slots;
    }

    /// <summary>Name as in the recording.</summary>
    public string Name { get; }

    /// <summary>Maps of single buffers that succeeded.</summary>
    public long SingleMaps { get; internal set; }

    /// <summary>Maps of lists that succeeded.</summary>
    public long ListMaps { get; internal set; }

    /// <summary>DMA segments of those lists.</summary>
    public long ListSegments { get; internal set; }

    /// <summary>Maps of registers that succeeded.</summary>
    public long ResourceMaps { get; internal set; }

    /// <summary>Maps of buffers and lists that succeeded.</summary>
    public long Maps => SingleMaps + ListMaps;

    /// <summary>Bytes mapped (streaming only).</summary>
    public ulong Bytes { get; internal set; }

    /// <summary>Maps, by direction (<see cref="DmaDirection"/> as index); lists count by segment.</summary>
    public ReadOnlySpan<long> Directions => _directionCounts;

    /// <summary>Bytes mapped, by direction.</summary>
    public ReadOnlySpan<ulong> DirectionBytes => _directionBytes;

    /// <summary>Sizes of buffers and segments in bytes.</summary>
    public LogHistogram Sizes { get; } = new();

    /// <summary>How long mappings lived, in the recording's units; a list counts once.</summary>
    public LogHistogram Lifetimes { get; } = new();

    /// <summary>The same of the mappings of one direction.</summary>
    /// <param name="direction">The direction they were mapped with.</param>
    public LogHistogram LifetimesOf(DmaDirection direction) => _lifetimes[(int)direction & 3];

    /// <summary>Live streaming mappings over time; each segment counts.</summary>
    public LevelSeries Live { get; }

    /// <summary>Slots in use over time.</summary>
    public LevelSeries Slots { get; }

    /// <summary>Bytes of live streaming mappings.</summary>
    public ulong LiveBytes { get; internal set; }

    /// <summary>Most bytes of live streaming mappings.</summary>
    public ulong LiveBytesPeak { get; internal set; }

    /// <summary>Bounced buffers and segments whose map succeeded.</summary>
    public long Bounced { get; internal set; }

    /// <summary>Their bytes.</summary>
    public ulong BouncedBytes { get; internal set; }

    /// <summary>Bytes copied into slots: at maps and syncs for the device.</summary>
    public ulong CopiedIn { get; internal set; }

    /// <summary>Bytes copied back: at unmaps and syncs for the CPU.</summary>
    public ulong CopiedOut { get; internal set; }

    /// <summary>Time spent in bounced maps, in the recording's units, where <see cref="TimedBytes"/> were copied.</summary>
    public ulong TimedCost { get; internal set; }

    /// <summary>Bytes copied by the maps in <see cref="TimedCost"/>.</summary>
    public ulong TimedBytes { get; internal set; }

    /// <summary>Buffers and segments in <see cref="TimedCost"/>.</summary>
    public long TimedMaps { get; internal set; }

    /// <summary>Maps of single buffers and registers that failed.</summary>
    public long FailedMaps { get; internal set; }

    /// <summary>Lists that failed: at least so many.</summary>
    public long FailedLists { get; internal set; }

    /// <summary>Allocations that failed.</summary>
    public long FailedAllocations { get; internal set; }

    /// <summary>Coherent and non-coherent allocations that succeeded.</summary>
    public long Allocations { get; internal set; }

    /// <summary>Bytes allocated and not freed.</summary>
    public ulong AllocatedBytes { get; internal set; }

    /// <summary>Most bytes allocated at a time.</summary>
    public ulong AllocatedBytesPeak { get; internal set; }

    /// <summary>Syncs for the CPU that the recording shows; segments count.</summary>
    public long SyncsForCpu { get; internal set; }

    /// <summary>Syncs for the device that the recording shows; segments count.</summary>
    public long SyncsForDevice { get; internal set; }

    /// <summary>Unmaps, frees and syncs of what was mapped before the recording (or while events were missing).</summary>
    public long UnknownReleases { get; internal set; }

    /// <summary>The mask that its bounces told last; 0 if none did.</summary>
    public ulong Mask { get; internal set; }

    /// <summary>The narrowest mask that buffers ended above; 0 if none did.</summary>
    public ulong NarrowestExceeded { get; internal set; }

    /// <summary>The widest mask that buffers ended above.</summary>
    public ulong WidestExceeded { get; internal set; }

    /// <summary>Whether its bounce slots repeat the buffers' place in a page (<c>dma_set_min_align_mask()</c>): NVMe asks for it.</summary>
    public bool KeepsPageOffset => UnalignedKept > 0 && UnalignedMoved == 0;

    /// <summary>Whether an IOMMU translates its addresses.</summary>
    public bool IsTranslated { get; internal set; }

    /// <summary>Whether it mapped something since events were missing last.</summary>
    internal bool IsActive { get; set; }

    /// <summary>Whether the recording has anything but unmaps of it.</summary>
    public bool HasLoad => Maps + ResourceMaps + Allocations + FailedMaps + FailedLists + FailedAllocations + UnknownReleases > 0;

    /// <summary>Time of the first event that counts here.</summary>
    public ulong FirstTime { get; internal set; } = ulong.MaxValue;

    internal PoolRoute Route { get; }

    internal long UnalignedKept { get; set; }

    internal long UnalignedMoved { get; set; }

    internal ulong Window { get; set; } // what direct maps add to physical addresses

    internal bool KnowsWindow { get; set; }

    internal ulong? BounceWindow { get; set; } // what bounces add to physical addresses

    internal ulong HighestDirect { get; set; } // last DMA address that it reached without bouncing

    internal ulong LowestBeyondBus { get; set; } = ulong.MaxValue; // last DMA address of what bounced and can have done so only for where it lies

    internal ulong LowestUndecided { get; set; } = ulong.MaxValue; // last DMA addresses of what bounced for that, or for being short

    internal ulong HighestUndecided { get; set; }

    internal bool SharesPages { get; set; } // behind an IOMMU it got buffers that do not fill their pages: it is trusted

    internal bool IsUntrusted { get; set; } // behind an IOMMU something of it bounced that is not short

    /// <summary>Bounced buffers by predicate and size class (<see cref="SizeClass"/>).</summary>
    public long Bounces(BouncePredicate predicate, int sizeClass) => _bounces[((int)predicate * SizeClass.Count) + sizeClass];

    /// <summary>Bytes of bounced buffers by predicate and size class.</summary>
    public ulong BounceBytes(BouncePredicate predicate, int sizeClass) => _bouncedBytes[((int)predicate * SizeClass.Count) + sizeClass];

    /// <summary>Bounced buffers by predicate.</summary>
    public long Bounces(BouncePredicate predicate)
    {
        long sum = 0;
        for (int sizes = 0; sizes < SizeClass.Count; sizes++)
            sum += Bounces(predicate, sizes);
        return sum;
    }

    /// <summary>Bytes of bounced buffers by predicate.</summary>
    public ulong BounceBytes(BouncePredicate predicate)
    {
        ulong sum = 0;
        for (int sizes = 0; sizes < SizeClass.Count; sizes++)
            sum += BounceBytes(predicate, sizes);
        return sum;
    }

    internal void CountBounce(BouncePredicate predicate, ulong size)
    {
        int index = ((int)predicate * SizeClass.Count) + SizeClass.Of(size);
        _bounces[index]++;
        _bouncedBytes[index] += size;
        Bounced++;
        BouncedBytes += size;
    }

    /// <summary>Counts bounces under another predicate: more is known now.</summary>
    internal void MoveBounces(BouncePredicate from, BouncePredicate to)
    {
        if (from == to)
            return;
        for (int sizes = 0; sizes < SizeClass.Count; sizes++)
        {
            int source = ((int)from * SizeClass.Count) + sizes, target = ((int)to * SizeClass.Count) + sizes;
            (_bounces[target], _bounces[source]) = (_bounces[target] + _bounces[source], 0);
            (_bouncedBytes[target], _bouncedBytes[source]) = (_bouncedBytes[target] + _bouncedBytes[source], 0);
        }
    }

    internal void NoteExceeded(ulong mask)
    {
        if (NarrowestExceeded == 0 || mask < NarrowestExceeded)
            NarrowestExceeded = mask;
        if (mask > WidestExceeded)
            WidestExceeded = mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void CountDirection(DmaDirection direction, ulong size)
    {
        _directionCounts[(int)direction & 3]++;
        _directionBytes[(int)direction & 3] += size;
    }

    internal void AddLifetime(DmaDirection direction, ulong time)
    {
        Lifetimes.Add(time);
        _lifetimes[(int)direction & 3].Add(time);
    }
}
