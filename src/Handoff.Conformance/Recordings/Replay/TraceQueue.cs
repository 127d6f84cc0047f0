using Handoff.Tracing.Recordings;

namespace Handoff.Conformance.Recordings.Replay;

/// <summary>
/// Events in the order of the recording, read so far ahead that each bounce decision knows the map it belongs to. A decision comes before
/// its map, from the same task; interrupts may come between.
/// </summary>
/// <param name="reader">The recording.</param>
/// <param name="busAddress">The address that a decision on a buffer prints, for a device given by its index.</param>
internal sealed class TraceQueue(RecordingReader reader, Func<int, PhysicalAddress, ulong> busAddress)
{
    /// <summary>A decision whose map has not come after so many events belongs to a list that failed.</summary>
    private const int FarthestAhead = 20_000;

    private readonly Queue<TraceEvent> _ahead = new();
    private readonly EqualTimes _times = new();
    private readonly Dictionary<(int Pid, int Cpu), List<TraceEvent>> _open = [];
    private DmaEvent _event;
    private long _count;
    private bool _readAll;
    private bool _ended;

    /// <summary>What comes after the event taken last.</summary>
    public IEnumerable<TraceEvent> Ahead => _ahead;

    /// <summary>How often events were lost, up to the last event read.</summary>
    public long Losses { get; private set; }

    /// <summary>How many events are read ahead at least.</summary>
    public int AlwaysAhead { get; set; } = 512;

    /// <summary>Number of events read.</summary>
    public long Count => _count;

    /// <summary>Takes the next event.</summary>
    public bool TryTake(out TraceEvent next)
    {
        while (!_ended && (_ahead.Count <= AlwaysAhead || (IsOpen(_ahead.Peek()) && _ahead.Count < FarthestAhead)))
            ReadOne();
        if (!_ahead.TryDequeue(out next!))
            return false;
        if (IsOpen(next))
        {
            next.IsAlone = true;
            OpenOf(next).Remove(next);
        }

        return true;
    }

    private static bool IsOpen(TraceEvent e) => e is { Kind: DmaEventKind.SwiotlbBounced, Bounce: null };

    private void ReadOne()
    {
        TraceEvent? e;
        while (!_times.TryTake(out e))
        {
            if (reader.Read(ref _event))
            {
                _times.Add(TraceEvent.Copy(_event));
                continue;
            }

            if (_readAll)
            {
                _ended = true;
                return;
            }

            _readAll = true;
            _times.End();
        }

        e!.Number = ++_count;
        _ahead.Enqueue(e);
        if (e.Kind == DmaEventKind.LostEvents)
            Losses++;
        else if (e.Kind == DmaEventKind.SwiotlbBounced)
            OpenOf(e).Add(e);
        else if (e.Kind == DmaEventKind.MapPage)
            CloseSingle(e);
        else if (e.Kind == DmaEventKind.MapSg)
            CloseList(e);
    }

    /// <summary>Decisions of the same thread of control that have no map yet: a task (the idle task exists once per CPU), or interrupts of a CPU.</summary>
    private List<TraceEvent> OpenOf(TraceEvent e)
    {
        (int, int) key = e.Thread;
        if (!_open.TryGetValue(key, out List<TraceEvent>? list))
            _open[key] = list = [];
        return list;
    }

    private void CloseSingle(TraceEvent map)
    {
        List<TraceEvent> open = OpenOf(map);
        if (open.Count == 0)
            return;
        ulong address = busAddress(map.DeviceIndex, new(map.Physical));
        int at = open.FindLastIndex(d => d.DeviceIndex == map.DeviceIndex && d.Size == map.Size && d.Physical == address);
        if (at < 0)
            return;
        Close(open[at], map, new(map.Physical), map.Size, map.Dma, isRecorded: true);
        open.RemoveAt(at);
    }

    private void CloseList(TraceEvent map)
    {
        List<TraceEvent> open = OpenOf(map);
        if (open.Count == 0)
            return;
        List<TraceEvent> decisions = open.FindAll(d => d.DeviceIndex == map.DeviceIndex);
        int visible = Math.Min(map.PhysicalAddresses.Length, map.Lengths.Length);
        var addresses = new ulong[visible];
        int bounced = 0;
        for (int i = 0; i < visible; i++)
        {
            addresses[i] = busAddress(map.DeviceIndex, map.PhysicalAddresses[i]);
            bounced += i < map.DmaAddresses.Length && map.DmaAddresses[i].Value != addresses[i] ? 1 : 0;
        }

        // Behind an IOMMU every address differs; then all decisions that fit are taken. Otherwise the last ones that account
        // for every entry that bounced: those before may be of a list that failed.
        var entryOf = new int[decisions.Count];
        for (int first = Math.Max(0, decisions.Count - bounced); first >= 0; first--)
        {
            int matched = Match(decisions, first, map, addresses, entryOf);
            if (matched < 0 || (matched < bounced && first > 0))
                continue;

            // Outside all windows of a bus every address prints alike: then the list begins as early as it can.
            int longest = bounced + (map.IsTruncated ? map.FullNents - visible : 0), earlier = first;
            while (earlier > 0 && decisions.Count - earlier < longest && decisions[earlier - 1].Physical == ulong.MaxValue)
                earlier--;
            if (earlier < first && Match(decisions, earlier, map, addresses, entryOf) >= bounced)
                first = earlier;
            else if (earlier < first)
                Match(decisions, first, map, addresses, entryOf);
            for (int i = first; i < decisions.Count; i++)
            {
                int entry = entryOf[i];
                bool hidden = entry < 0;
                Close(
                    decisions[i],
                    map,
                    hidden ? HiddenBuffer(decisions[i]) : map.PhysicalAddresses[entry],
                    decisions[i].Size,
                    hidden || entry >= map.DmaAddresses.Length ? default : map.DmaAddresses[entry],
                    isRecorded: !hidden && entry < map.DmaAddresses.Length);
                open.Remove(decisions[i]);
            }

            return;
        }
    }

    /// <summary>Finds the entry of each decision from <paramref name="first"/> on: in order, -1 for those beyond the part of the list that is recorded.</summary>
    /// <returns>Number of entries found, or -1 if a decision fits none.</returns>
    private static int Match(List<TraceEvent> decisions, int first, TraceEvent map, ulong[] addresses, int[] entryOf)
    {
        int entry = 0, matched = 0;
        for (int i = first; i < decisions.Count; i++)
        {
            int found = entry;
            while (found < addresses.Length && (addresses[found] != decisions[i].Physical || map.Lengths[found] != decisions[i].Size))
                found++;
            if (found == addresses.Length)
            {
                if (!map.IsTruncated)
                    return -1;
                entryOf[i] = -1;
                entry = found;
                continue;
            }

            entryOf[i] = found;
            entry = found + 1;
            matched++;
        }

        return matched;
    }

    /// <summary>A buffer of which only the decision is recorded; one outside all windows prints as all ones, and any address outside them does as well.</summary>
    private static PhysicalAddress HiddenBuffer(TraceEvent decision) => new(decision.Physical == ulong.MaxValue ? ~0xfffUL : decision.Physical);

    private static void Close(TraceEvent decision, TraceEvent map, PhysicalAddress original, ulong size, DmaAddress recorded, bool isRecorded)
    {
        var bounce = new Bounce
        {
            Decision = decision,
            From = decision.Number,
            Map = map,
            Original = original,
            Size = size,
            Direction = map.Direction,
            Attributes = map.Attributes,
            Recorded = recorded,
            IsRecorded = isRecorded,
        };
        decision.Bounce = bounce;
        map.Bounces.Add(bounce);
    }
}
