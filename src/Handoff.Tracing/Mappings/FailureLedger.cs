using Handoff.Ownership;

namespace Handoff.Tracing.Mappings;

/// <summary>Sorts failed maps by what they failed of, with the state of the pool at that moment.</summary>
internal sealed class FailureLedger(MappingStatistics statistics)
{
    private const int MostRunsMeasured = 10_000; // per group; later failures of the kind are alike
    private const int MostSlotsOfRequest = 128;
    private const ulong MostBytes = MostSlotsOfRequest * BouncePool.SlotSize;
    private const long PracticallyFull = 32; // less than this part of the pool is free
    private const long Crowded = 8; // less than this part of it is free
    private const int MostUnseen = 8; // slots that other processors take or release at that moment, which the log tells later
    private const ulong ShortestPageAligned = 4096;

    private readonly Dictionary<(int Device, MapFailureKind Kind, AllocationWait Wait), FailureGroup> _groups = [];

    public IEnumerable<FailureGroup> Groups => _groups.Values;

    /// <summary>Notes a failure.</summary>
    /// <param name="buffer">What failed.</param>
    /// <param name="used">Slots in use of the device's pool at the attempt.</param>
    /// <param name="own">Slots that the failed list itself held then.</param>
    public void Add(in MappedBuffer buffer, long used, int own)
    {
        DeviceStatistics device = statistics.DeviceOf(buffer.Device);
        BouncePool? pool = buffer.Bounced ? statistics.PoolOf(buffer.Device) : null;
        int slots = SlotsOf(buffer, device.KeepsPageOffset);
        int run = -1, best = -1;
        MapFailureKind kind = KindOf(buffer, device, pool, slots, used + own, own, ref run, ref best);
        bool reduced = kind == MapFailureKind.OverLimit && buffer.Size <= MostBytes;

        var moment = new FailureMoment(buffer.Size, slots, pool is null ? -1 : used + own, run, best);
        if (!_groups.TryGetValue((buffer.Device, kind, buffer.Wait), out FailureGroup? group))
        {
            group = new FailureGroup(buffer.Device, device.Name, kind)
            {
                FirstTime = buffer.Time,
                FirstTask = buffer.Task,
                Wait = buffer.Wait,
                Pool = pool,
                FreeInBestArea = best,
                First = moment,
                Holders = pool is null ? [] : statistics.Holders(pool),
            };
            _groups.Add((buffer.Device, kind, buffer.Wait), group);
        }

        group.Count++;
        if (reduced)
            group.ReducedByAlignment++;
        if (buffer.ListEntries != 0)
            group.Lists++;
        if (buffer.Forced)
            group.Forced++;
        group.FirstTime = Math.Min(group.FirstTime, buffer.Time);
        group.LastTime = Math.Max(group.LastTime, buffer.Time);
        group.SmallestSize = Math.Min(group.SmallestSize, buffer.Size);
        group.LargestSize = Math.Max(group.LargestSize, buffer.Size);
        if (slots > group.MostSlots)
            group.Longest = moment;
        group.MostSlots = Math.Max(group.MostSlots, slots);
        group.LongestRun = Math.Max(group.LongestRun, run);
        if (buffer.Mask != 0)
            group.Mask = buffer.Mask;
        if (buffer.Original != ulong.MaxValue)
            group.HighestAddress = Math.Max(group.HighestAddress, buffer.Original + Math.Max(buffer.Size, 1) - 1);
        if (pool is not null)
        {
            group.FewestUsed = Math.Min(group.FewestUsed, used + own);
            group.MostUsed = Math.Max(group.MostUsed, used + own);
        }
    }

    private static int SlotsOf(in MappedBuffer buffer, bool keepsPageOffset)
    {
        ulong offset = keepsPageOffset ? buffer.Original & (BouncePool.SlotSize - 1) : 0;
        return (int)Math.Min(((buffer.Size + offset - 1) / BouncePool.SlotSize) + 1, int.MaxValue);
    }

    private MapFailureKind KindOf(in MappedBuffer buffer, DeviceStatistics device, BouncePool? pool, int slots, long used, int own, ref int run, ref int best)
    {
        switch (buffer.Kind)
        {
            case MappingKind.Coherent or MappingKind.Noncoherent:
                return MapFailureKind.Allocation;
            case MappingKind.Resource:
                return MapFailureKind.Registers;
        }

        if (pool is null)
            return buffer.ListEntries != 0 ? MapFailureKind.Unexplained : device.IsTranslated ? MapFailureKind.Translated : MapFailureKind.NoPool;
        if (slots > MostSlotsOfRequest)
            return MapFailureKind.OverLimit;
        if (!device.IsTranslated && statistics.IsOutOfReach(pool, buffer.Device, buffer.Mask))
            return MapFailureKind.PoolOutOfReach;

        // A device may have asked for slots that repeat the buffer's place in a page, at times; then a little more is needed.
        bool tooLongIfKept = !device.KeepsPageOffset && device.UnalignedKept > 0 && SlotsOf(buffer, true) > MostSlotsOfRequest;
        if (statistics.PoolsGrow && !pool.IsRestricted)
            return tooLongIfKept ? MapFailureKind.OverLimit : MapFailureKind.GrowingPool;
        if (pool.Slots == 0)
            return tooLongIfKept && used + slots <= pool.Used.Peak ? MapFailureKind.OverLimit : MapFailureKind.PoolOfUnknownSize;
        if (pool.Slots - used < slots)
            return MapFailureKind.Full;
        if (device.IsTranslated)
            return MapFailureKind.Unexplained; // no event carries its slots

        if (_groups.TryGetValue((buffer.Device, MapFailureKind.Fragmented, AllocationWait.Unknown), out FailureGroup? known) && known.Count >= MostRunsMeasured)
            return MapFailureKind.Fragmented;
        if (_groups.TryGetValue((buffer.Device, MapFailureKind.Unexplained, AllocationWait.Unknown), out known) && known.Count >= MostRunsMeasured)
            return MapFailureKind.Unexplained;
        run = LongestRun(buffer, device, pool);
        best = pool.FreeInBestArea();
        bool practicallyFull = (pool.Slots - used) * PracticallyFull < pool.Slots;
        if (run >= slots)
        {
            if (tooLongIfKept)
                return MapFailureKind.OverLimit;
            bool changed = pool.Used.Current != used - own; // that a list failed shows later; what was released since then is free now
            int unseen = (own + MostUnseen) / slots;
            bool crowded = (pool.Slots - used) * Crowded < pool.Slots;
            if (!(changed && crowded) && Places(buffer, device, pool, slots, unseen + 1) > unseen)
                return MapFailureKind.Unexplained;
            run = -1;
        }

        if (practicallyFull)
            return MapFailureKind.Full;
        return best >= 0 && best < slots ? MapFailureKind.AreasTooSmall : MapFailureKind.Fragmented;
    }

    /// <summary>
    /// The longest run the request could use: a page or more begins at every second slot; a buffer whose place in a page is repeated
    /// begins at the slot that agrees. Where it is not known whether the device asks for that, the shorter one counts.
    /// </summary>
    private static int LongestRun(in MappedBuffer buffer, DeviceStatistics device, BouncePool pool) =>
        Fewer(buffer, device, pool.LongestRun);

    /// <summary>How many such requests would have found room. Where the slots lie that a list which fails itself holds, no event tells.</summary>
    private static int Places(in MappedBuffer buffer, DeviceStatistics device, BouncePool pool, int slots, int most) =>
        Fewer(buffer, device, (stride, phase) => pool.Places(stride, phase, slots, most));

    private static int Fewer(in MappedBuffer buffer, DeviceStatistics device, Func<int, int, int> find)
    {
        int phase = (int)(buffer.Original >> 11) & 1;
        if (device.KeepsPageOffset)
            return find(2, phase);
        int any = buffer.Size >= ShortestPageAligned ? find(2, 0) : find(1, 0);
        bool mayKeep = device.UnalignedMoved == 0;
        return mayKeep ? Math.Min(any, find(2, phase)) : any;
    }
}
