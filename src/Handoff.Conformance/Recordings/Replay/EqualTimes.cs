using Handoff.Tracing.Recordings;

namespace Handoff.Conformance.Recordings.Replay;

/// <summary>
/// Orders events that carry the same time on several CPUs, as with <c>trace_clock=uptime</c>: which of two CPUs came first is not recorded then, only the order
/// on each of them. An unmap whose map stands among such events of another CPU comes after it; otherwise the recording's order is kept.
/// </summary>
internal sealed class EqualTimes
{
    private const int MostAtATime = 1 << 16; // events; more of the same time are taken as they come

    private readonly List<TraceEvent> _waiting = []; // all of one time
    private readonly Queue<TraceEvent> _ordered = new();
    private readonly Dictionary<(int Device, ulong Address, bool IsList), int> _mapped = [];
    private readonly Dictionary<(int, int), int> _lastCpu = []; // of each thread

    /// <summary>Takes the next event of the recording; notes of lost events end what went before.</summary>
    public void Add(TraceEvent e)
    {
        if (_waiting.Count > 0 && (_waiting[0].Time != e.Time || e.Kind == DmaEventKind.LostEvents || _waiting.Count >= MostAtATime))
            Order();
        _waiting.Add(e);
        if (e.Kind == DmaEventKind.LostEvents)
            Order();
    }

    /// <summary>No more events come.</summary>
    public void End() => Order();

    /// <summary>Gives the next event whose place is decided.</summary>
    public bool TryTake(out TraceEvent? e) => _ordered.TryDequeue(out e);

    private void Order()
    {
        if (_waiting.Count > 1 && _waiting.Exists(e => e.Cpu != _waiting[0].Cpu))
        {
            Merge();
        }
        else
        {
            foreach (TraceEvent e in _waiting)
                Give(e);
        }

        _waiting.Clear();
    }

    /// <summary>
    /// Takes the earliest event whose CPU does not wait for another one's map. A task that ran on two CPUs first did all that it logged on the one where it was
    /// before, unless an unmap says otherwise.
    /// </summary>
    private void Merge()
    {
        var ofCpu = new SortedDictionary<int, Queue<(int Place, TraceEvent Event)>>();
        var toCome = new Dictionary<(int, ulong, bool), int>(); // maps among what is left
        var ofThread = new Dictionary<((int, int) Thread, int Cpu), int>(); // events among what is left
        for (int place = 0; place < _waiting.Count; place++)
        {
            TraceEvent e = _waiting[place];
            if (!ofCpu.TryGetValue(e.Cpu, out Queue<(int, TraceEvent)>? own))
                ofCpu.Add(e.Cpu, own = new Queue<(int, TraceEvent)>());
            own.Enqueue((place, e));
            ofThread[(e.Thread, e.Cpu)] = ofThread.GetValueOrDefault((e.Thread, e.Cpu)) + 1;
            if (MapOf(e) is { } map)
                toCome[map] = toCome.GetValueOrDefault(map) + 1;
        }

        for (int left = _waiting.Count; left > 0; left--)
        {
            Queue<(int Place, TraceEvent Event)>? next = null, outOfTurn = null, earliest = null;
            foreach (Queue<(int Place, TraceEvent Event)> own in ofCpu.Values)
            {
                if (own.Count == 0)
                    continue;
                (int place, TraceEvent head) = own.Peek();
                if (earliest is null || place < earliest.Peek().Place)
                    earliest = own;
                if (ReleaseOf(head) is { } release && _mapped.GetValueOrDefault(release) == 0 && toCome.GetValueOrDefault(release) > 0)
                    head.HasOtherOrder = true;
                else if (_lastCpu.TryGetValue(head.Thread, out int last) && last != head.Cpu && ofThread.GetValueOrDefault((head.Thread, last)) > 0)
                    outOfTurn = outOfTurn is null || place < outOfTurn.Peek().Place ? own : outOfTurn;
                else if (next is null || place < next.Peek().Place)
                    next = own;
            }

            TraceEvent taken = (next ?? outOfTurn ?? earliest)!.Dequeue().Event; // all wait for each other: as recorded
            ofThread[(taken.Thread, taken.Cpu)]--;
            if (MapOf(taken) is { } made)
                toCome[made]--;
            Give(taken);
        }
    }

    private void Give(TraceEvent e)
    {
        if (MapOf(e) is { } made)
            _mapped[made] = _mapped.GetValueOrDefault(made) + 1;
        else if (ReleaseOf(e) is { } ended && _mapped.TryGetValue(ended, out int live) && live > 0)
            ForgetOne(ended, live);
        _lastCpu[e.Thread] = e.Cpu;
        _ordered.Enqueue(e);
    }

    private void ForgetOne((int, ulong, bool) key, int live)
    {
        if (live == 1)
            _mapped.Remove(key);
        else
            _mapped[key] = live - 1;
    }

    private static (int Device, ulong Address, bool IsList)? MapOf(TraceEvent e) => e.Kind switch
    {
        DmaEventKind.MapPage when e.Dma.IsMapped => (e.DeviceIndex, e.Dma.Value, false),
        DmaEventKind.MapSg when e.PhysicalAddresses.Length > 0 => (e.DeviceIndex, e.PhysicalAddresses[0].Value, true),
        _ => null,
    };

    private static (int Device, ulong Address, bool IsList)? ReleaseOf(TraceEvent e) => e.Kind switch
    {
        DmaEventKind.UnmapPage => (e.DeviceIndex, e.Dma.Value, false),
        DmaEventKind.UnmapSg when e.PhysicalAddresses.Length > 0 => (e.DeviceIndex, e.PhysicalAddresses[0].Value, true),
        _ => null,
    };
}
