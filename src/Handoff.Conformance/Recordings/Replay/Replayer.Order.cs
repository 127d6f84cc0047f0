namespace Handoff.Conformance.Recordings.Replay;

/// <content>
/// What may have happened in another order than it was logged. A map is logged after its slots were taken, an unmap of one buffer after
/// its slots were given back, an unmap of a list (and a free) before that. Each of these moments lies between two events of its own thread.
/// </content>
internal sealed partial class Replayer
{
    private const int ReleasesKept = 512;
    private const int Attempts = 256;

    /// <summary>A release that was logged before it took effect.</summary>
    private sealed class LateRelease
    {
        public required TraceEvent Event { get; init; }

        public required List<SlotOwner> Owners { get; init; }

        /// <summary>Number of the next event of the same thread, by which it has taken effect; 0 if there was none yet.</summary>
        public long Until { get; set; }
    }

    private readonly Queue<LateRelease> _released = new();
    private readonly Dictionary<(int Pid, int Cpu), LateRelease> _releasing = [];

    /// <summary>Decisions whose slots are not taken yet, because now the engine would give others than those recorded.</summary>
    private readonly List<Bounce> _waiting = [];

    private static (int Pid, int Cpu) ThreadOf(TraceEvent e) => (e.Pid, e.Cpu);

    private void PassThread(TraceEvent e)
    {
        if (_releasing.Remove(ThreadOf(e), out LateRelease? release))
            release.Until = e.Number;
    }

    private void NoteLateRelease(TraceEvent e, List<SlotOwner> owners)
    {
        if (owners.Count == 0)
            return;
        var release = new LateRelease { Event = e, Owners = owners };
        _released.Enqueue(release);
        _releasing[ThreadOf(e)] = release;
        if (_released.Count > ReleasesKept)
            _released.Dequeue();
    }

    /// <summary>Slots were taken or given back: perhaps a waiting decision now gives what was recorded.</summary>
    private void RetryWaiting()
    {
        for (int i = 0; i < _waiting.Count; i++)
        {
            Bounce bounce = _waiting[i];
            if (!TryTake(bounce))
                continue;
            bounce.Reason ??= Reasons.Order;
            _waiting.RemoveAt(i);
            i = -1; // its slots may be what another one waits for
        }
    }

    /// <summary>Looks for another legal order in which the engine gives what was recorded.</summary>
    private bool TryReorder(Bounce bounce, TraceEvent map)
    {
        var held = new List<SlotOwner>();
        var advanced = new List<(TraceEvent Event, SlotOwner Owner)>();
        bool found = false;
        for (int attempt = 0; attempt < Attempts && !found; attempt++)
        {
            if (TryTake(bounce, out SlotOwner? instead))
                found = true;
            else if (!(TryAdvance(bounce, map, advanced) || (instead is not null && TryHold(bounce, instead, held))))
                break;
        }

        foreach (SlotOwner owner in held)
            Release(owner);
        if (found)
        {
            bounce.Reason ??= Reasons.Order;
            return true;
        }

        foreach ((TraceEvent e, SlotOwner owner) in advanced)
        {
            e.IsDone = false;
            Hold(owner);
        }

        return false;
    }

    /// <summary>The slots recorded are in use: by a mapping whose unmap is logged later, but may have taken effect already?</summary>
    private bool TryAdvance(Bounce bounce, TraceEvent map, List<(TraceEvent Event, SlotOwner Owner)> advanced)
    {
        if (!bounce.IsRecorded || !bounce.Recorded.IsMapped)
            return false;
        Device device = DeviceOf(bounce.Decision).Device;
        if (_book.Describe(device, bounce.Recorded, bounce.Original, bounce.Size, bounce.Direction) is not { IsInPool: true } wanted)
            return false;
        bool any = false;
        foreach (SlotOwner owner in _book.OwnersOf(wanted.Pool!, wanted.FirstSlot, wanted.Slots).ToArray())
        {
            if (FindUnmapAhead(owner, map) is not { } unmap)
                return false;
            Release(owner);
            unmap.IsDone = true;
            advanced.Add((unmap, owner));
            any = true;
        }

        return any;
    }

    private TraceEvent? FindUnmapAhead(SlotOwner owner, TraceEvent map)
    {
        var passed = new HashSet<(int, int)>();
        foreach (TraceEvent e in _queue.Ahead)
        {
            if (e.Number <= map.Number)
                continue;
            if (e is { Kind: Tracing.Recordings.DmaEventKind.UnmapPage, IsDone: false } && e.Dma == owner.Dma && DeviceOf(e).Device == owner.Device)
                return passed.Contains(ThreadOf(e)) ? null : e;
            passed.Add(ThreadOf(e));
        }

        return null;
    }

    /// <summary>The engine gives other slots: were those still held, by a release that was logged before it took effect?</summary>
    private bool TryHold(Bounce bounce, SlotOwner instead, List<SlotOwner> held)
    {
        bool any = false;
        foreach (LateRelease release in _released)
        {
            if (release.Until != 0 && release.Until < bounce.Decision.Number)
                continue;
            foreach (SlotOwner owner in release.Owners)
            {
                if (owner.Pool is not null && owner.Pool == instead.Pool && owner.FirstSlot < instead.FirstSlot + instead.Slots && instead.FirstSlot < owner.FirstSlot + owner.Slots && Hold(owner))
                {
                    held.Add(owner);
                    any = true;
                }
            }
        }

        return any;
    }

    /// <summary>Takes exactly these slots again.</summary>
    private bool Hold(SlotOwner owner)
    {
        uint minAlign = owner.Device.MinAlignMask;
        if (owner.Buffer is not null)
            owner.Device.MinAlignMask = 0;
        bool taken = _layer.AdoptBounce(owner.Device, owner.Dma, owner.Original, owner.Size, owner.AlignMask);
        owner.Device.MinAlignMask = minAlign;
        if (taken)
            _book.Add(owner);
        return taken;
    }

    private void Release(SlotOwner owner)
    {
        _layer.SwiotlbUnmap(owner.Device, _layer.Rules.ToPhysical(owner.Device, owner.Dma), owner.Size, owner.Direction, DmaAttributes.SkipCpuSync);
        _book.Remove(owner);
    }
}
