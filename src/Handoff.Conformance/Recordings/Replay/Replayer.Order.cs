using Handoff.Tracing.Recordings;

namespace Handoff.Conformance.Recordings.Replay;

/// <content>
/// What may have happened in another order than it was logged. A map is logged after its slots were taken, an unmap of one buffer after
/// its slots were given back, an unmap of a list (and a free) before that. Each of these moments lies between two events of its own thread.
/// </content>
internal sealed partial class Replayer
{
    private const int ReleasesKept = 512;
    private const int TakesKept = 1024;
    private const int MostLookedAt = 100;
    private const int OrdersTried = 100;

    /// <summary>How many takes are taken back, attempt by attempt.</summary>
    private static readonly int[] s_takenBack = [0, 1, 2, 3, 4, 6, 8, 12, 20, 40];

    /// <summary>Slots that were given back, and by when.</summary>
    private sealed class Returned
    {
        public required TraceEvent Event { get; init; }

        public required IReadOnlyList<SlotOwner> Owners { get; init; }

        /// <summary>Number of the event before which they were; 0 while that is not known.</summary>
        public long Until { get; set; }
    }

    /// <summary>Slots that were taken, and what that changed.</summary>
    /// <param name="Bounce">For what.</param>
    /// <param name="Owner">The slots.</param>
    /// <param name="Searches">Where the searches that moved had stood.</param>
    private sealed record Taken(Bounce Bounce, SlotOwner Owner, List<(Swiotlb.SwiotlbPool Pool, int Area, int Index)> Searches);

    private readonly Queue<Returned> _returned = new();
    private readonly List<Returned> _returning = [];
    private readonly List<Taken> _taken = [];

    /// <summary>Decisions whose slots are not taken yet, because now the engine would give others than those recorded.</summary>
    private readonly List<Bounce> _waiting = [];

    /// <summary>What each CPU did last: 0 for a task, more for interrupts.</summary>
    private readonly Dictionary<int, int> _levels = [];

    /// <summary>Whether the engine ever had to take something back.</summary>
    private bool _reordered;

    private void PassThread(TraceEvent e)
    {
        _levels[e.Cpu] = e.Level;
        if (_waiting.Count > 0)
            RetryWaiting();
        for (int i = _returning.Count - 1; i >= 0; i--)
        {
            if (!e.EndsWhat(_returning[i].Event))
                continue;
            _returning[i].Until = e.Number;
            _returning.RemoveAt(i);
        }
    }

    /// <summary>Whether the CPU is serving an interrupt that came after this event: until it returns, nothing of the event's thread happens.</summary>
    private bool IsInterrupted(TraceEvent e) => _levels.GetValueOrDefault(e.Cpu) > e.Level;

    /// <summary>Notes slots that were given back before the event was logged, or will be after.</summary>
    private void NoteReturn(TraceEvent e, SlotOwner[] owners, bool isLogged)
    {
        if (owners.Length == 0)
            return;
        var returned = new Returned { Event = e, Owners = owners, Until = isLogged ? e.Number : 0 };
        _returned.Enqueue(returned);
        if (!isLogged)
            _returning.Add(returned);
        if (_returned.Count > ReleasesKept)
            _returned.Dequeue();
    }

    private void NoteTake(Bounce bounce, SlotOwner owner)
    {
        bounce.Owner = owner;
        _taken.Add(new Taken(bounce, owner, _book.MovedSearches()));
        if (_taken.Count > 2 * TakesKept)
            _taken.RemoveRange(0, TakesKept);
    }

    /// <summary>Slots were taken or given back: perhaps a waiting decision now gives what was recorded.</summary>
    private void RetryWaiting()
    {
        for (int i = 0; i < _waiting.Count; i++)
        {
            Bounce bounce = _waiting[i];
            if (IsInterrupted(bounce.Decision) || !(i < 4 ? TryTakeHolding(bounce) : TryTake(bounce)))
                continue;
            bounce.Reason ??= Reasons.Order;
            _waiting.RemoveAt(i);
            i = -1; // its slots may be what another one waits for
        }
    }

    /// <summary>Looks for another legal order in which the engine gives what was recorded.</summary>
    private bool TryReorder(Bounce bounce, int deepest = int.MaxValue)
    {
        if (TryTakeHolding(bounce))
            return true;

        // Takes that may have happened after this one are taken back, a few at first; then all orders of them and of those that wait are tried.
        long number = _waiting.Append(bounce).Min(static b => b.From);
        int before = -1;
        foreach (int most in s_takenBack.Where(m => m <= deepest))
        {
            var returned = new HashSet<Bounce>();
            List<Taken> undone = TakeBackSince(number, most, returned);
            bool isNew = undone.Count > before;
            before = undone.Count;
            if (isNew && undone.Count + _waiting.Count > 0 && TryOrders(bounce, undone, returned))
                return true;
            for (int i = undone.Count - 1; i >= 0; i--)
                Redo(undone[i], returned.Contains(undone[i].Bounce));
            if (!isNew)
                break;
        }

        return false;
    }

    private bool TryOrders(Bounce bounce, List<Taken> undone, HashSet<Bounce> returned)
    {
        List<Bounce> open = [.. undone.Select(static t => t.Bounce), .. _waiting, bounce];
        var must = undone.Select(static t => t.Bounce).Append(bounce).ToHashSet();

        // Searches go forward: what lies next comes first. Where addresses are not known, decisions give the order.
        List<Bounce> sorted = [.. open.OrderBy(DistanceFromSearch).ThenBy(static b => b.From)];
        int budget = OrdersTried;
        bool found = TryOrders(sorted, must, returned, ref budget);
        if (!found)
        {
            open.Sort(static (a, b) => a.From.CompareTo(b.From));
            budget = OrdersTried;
            found = TryOrders(open, must, returned, ref budget);
        }

        if (found)
            _waiting.RemoveAll(static b => b.IsDone);
        return found;
    }

    /// <summary>Whether the recorded slots lie just behind where the search stands: then something that was taken before belongs after them.</summary>
    private bool IsJustBehind(Bounce bounce) =>
        bounce.IsRecorded && bounce.Recorded.IsMapped && Wanted(bounce) is { IsInPool: true, Pool: { } pool }
        && pool.AreaSlots - DistanceFromSearch(bounce) <= 2 * Swiotlb.SwiotlbConstants.SegmentSlots;

    private int DistanceFromSearch(Bounce bounce)
    {
        if (!bounce.IsRecorded || !bounce.Recorded.IsMapped || Wanted(bounce) is not { IsInPool: true, Pool: { } pool } wanted)
            return -1;
        int distance = wanted.FirstSlot - (wanted.Area * pool.AreaSlots) - pool.SearchIndexOf(wanted.Area);
        return distance < 0 ? distance + pool.AreaSlots : distance;
    }

    private bool TryOrders(List<Bounce> open, HashSet<Bounce> must, HashSet<Bounce> returned, ref int budget)
    {
        if (must.Count == 0)
            return true;
        foreach (Bounce next in open.ToArray())
        {
            if (open.Exists(b => b.To < next.From) || --budget < 0 || !TryTakeHolding(next))
                continue;
            if (returned.Contains(next) && next.Owner is { } owner)
                Release(owner);
            int at = open.IndexOf(next);
            open.RemoveAt(at);
            bool needed = must.Remove(next);
            if (TryOrders(open, must, returned, ref budget))
                return true;
            open.Insert(at, next);
            if (needed)
                must.Add(next);
            TakeBackLast(next);
        }

        return false;
    }

    /// <summary>Takes back the latest takes that may have happened after an event.</summary>
    /// <returns>What was taken back, latest first.</returns>
    private List<Taken> TakeBackSince(long number, int most, HashSet<Bounce> returned)
    {
        var undone = new List<Taken>();
        var settled = new HashSet<(Swiotlb.SwiotlbPool, int)>(); // searches that moved since, for good
        for (int i = _taken.Count - 1; i >= Math.Max(0, _taken.Count - MostLookedAt) && undone.Count < most; i--)
        {
            Taken taken = _taken[i];
            if (taken.Bounce.To < number || taken.Searches.Exists(s => settled.Contains((s.Pool, s.Area))))
            {
                settled.UnionWith(taken.Searches.Select(static s => (s.Pool, s.Area)));
                continue;
            }

            if (!IsHeld(taken.Owner))
                returned.Add(taken.Bounce);
            TakeBack(taken);
            _taken.RemoveAt(i);
            undone.Add(taken);
        }

        return undone;
    }

    private bool IsHeld(SlotOwner owner) => _book.OwnerAt(_layer.Rules.ToPhysical(owner.Device, owner.Dma)) == owner;

    private void TakeBackLast(Bounce bounce)
    {
        if (_taken.Count > 0 && _taken[^1].Bounce == bounce)
        {
            TakeBack(_taken[^1]);
            _taken.RemoveAt(_taken.Count - 1);
        }

        bounce.IsDone = false;
    }

    private void TakeBack(Taken taken)
    {
        _reordered = true;
        if (IsHeld(taken.Owner))
            Release(taken.Owner);
        foreach ((Swiotlb.SwiotlbPool pool, int area, int index) in taken.Searches)
            pool.RestoreSearchIndex(area, index);
        (taken.Bounce.IsDone, taken.Bounce.Owner) = (false, null);
    }

    /// <summary>Takes again what was taken back, at the same place.</summary>
    private void Redo(Taken taken, bool isReturned)
    {
        SlotOwner owner = taken.Owner;
        if (owner.Pool is null)
        {
            _ = TryTake(taken.Bounce);
        }
        else if (Hold(owner, moveSearch: true))
        {
            taken.Bounce.Owner = owner;
            _taken.Add(taken);
            if (!taken.Bounce.IsRecorded)
                _hidden[owner] = taken.Bounce;
        }

        taken.Bounce.IsDone = true;
        if (isReturned && taken.Bounce.Owner is { } held)
            Release(held);
    }

    /// <summary>Takes slots; if others come out than those recorded, tries with releases that may have happened earlier or later.</summary>
    /// <remarks>
    /// Whatever may still have been held can be: fewer free slots never change a search's result as long as the recorded slots are free,
    /// because the search takes the first that fit.
    /// </remarks>
    private bool TryTakeHolding(Bounce bounce)
    {
        if (TryTake(bounce))
            return true;
        var advanced = new List<(TraceEvent Event, SlotOwner Owner)>();
        bool found = TryAdvance(bounce, advanced) && TryTake(bounce);
        if (!found)
        {
            List<SlotOwner> held = HoldReturned(bounce);
            found = held.Count > 0 && TryTake(bounce);
            foreach (SlotOwner owner in held)
                Release(owner);
        }

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
    private bool TryAdvance(Bounce bounce, List<(TraceEvent Event, SlotOwner Owner)> advanced)
    {
        if (!bounce.IsRecorded || !bounce.Recorded.IsMapped || bounce.Map is null || Wanted(bounce) is not { IsInPool: true, Pool: { } pool } wanted)
            return false;
        bool any = false;
        foreach (SlotOwner owner in _book.OwnersOf(pool, wanted.FirstSlot, wanted.Slots).ToArray())
        {
            if (FindUnmapAhead(owner, bounce.Map) is not { } unmap)
                return false;
            Release(owner);
            unmap.IsDone = true;
            advanced.Add((unmap, owner));
            any = true;
        }

        return any;
    }

    /// <summary>The slots that were recorded.</summary>
    private SlotOwner? Wanted(Bounce bounce) => bounce.IsMemory
        ? _book.Describe(DeviceOf(bounce.Decision).Device, bounce.Recorded, new(0), bounce.Size, bounce.Direction)
        : _book.Describe(DeviceOf(bounce.Decision).Device, bounce.Recorded, bounce.Original, bounce.Size, bounce.Direction);

    /// <summary>The unmap of a mapping, if its slots may have been given back before a map was logged.</summary>
    private TraceEvent? FindUnmapAhead(SlotOwner owner, TraceEvent map)
    {
        TraceEvent? unmap = _queue.Ahead.FirstOrDefault(
            e => e is { Kind: DmaEventKind.UnmapPage, IsDone: false } && e.Dma == owner.Dma && DeviceOf(e).Device == owner.Device);
        if (unmap is null)
            return null;
        foreach (TraceEvent e in _queue.Ahead)
        {
            if (e == unmap)
                break;
            if (e.Number > map.Number && unmap.EndsWhat(e) && e.EndsWhat(unmap))
                return null; // its own thread logged something in between, before it unmapped
        }

        return unmap;
    }

    /// <summary>Holds everything whose release may have taken effect after these slots were taken, but not what overlaps them.</summary>
    private List<SlotOwner> HoldReturned(Bounce bounce)
    {
        SlotOwner? wanted = bounce.IsRecorded && bounce.Recorded.IsMapped ? Wanted(bounce) : null;
        var held = new List<SlotOwner>();
        foreach (Returned returned in _returned)
        {
            if (returned.Until != 0 && returned.Until < bounce.From)
                continue;
            foreach (SlotOwner owner in returned.Owners)
            {
                bool overlaps = wanted?.Pool == owner.Pool && wanted is not null && owner.FirstSlot < wanted.FirstSlot + wanted.Slots && wanted.FirstSlot < owner.FirstSlot + owner.Slots;
                if (owner.Pool is not null && !overlaps && Hold(owner))
                    held.Add(owner);
            }
        }

        return held;
    }

    /// <summary>Takes exactly these slots again.</summary>
    private bool Hold(SlotOwner owner, bool moveSearch = false)
    {
        _reordered = true;
        uint minAlign = owner.Device.MinAlignMask;
        if (owner.Buffer is not null)
            owner.Device.MinAlignMask = 0;
        bool taken = _layer.AdoptBounce(owner.Device, owner.Dma, owner.Original, owner.Size, owner.AlignMask, moveSearch);
        owner.Device.MinAlignMask = minAlign;
        if (taken)
            _book.Add(owner);
        return taken;
    }

    private void Release(SlotOwner owner)
    {
        uint minAlign = owner.Device.MinAlignMask;
        if (owner.Buffer is not null)
            owner.Device.MinAlignMask = 0;
        _layer.SwiotlbUnmap(owner.Device, _layer.Rules.ToPhysical(owner.Device, owner.Dma), owner.Size, owner.Direction, DmaAttributes.SkipCpuSync);
        owner.Device.MinAlignMask = minAlign;
        _book.Remove(owner);
        if (_hidden.Count > 0)
            _hidden.Remove(owner);
        if (_noPools.Count > 0 && owner.Pool is not null && _noPools.Contains(owner.Pool))
            FillUp(owner.Pool);
    }
}
