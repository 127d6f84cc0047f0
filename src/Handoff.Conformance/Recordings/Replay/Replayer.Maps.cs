using Handoff.Direct;

namespace Handoff.Conformance.Recordings.Replay;

/// <content>Maps and unmaps.</content>
internal sealed partial class Replayer
{
    /// <summary>A mapped list: what its unmap has to give back.</summary>
    private sealed record MappedList(PhysicalAddress[] Addresses, int Entries, List<Bounce> Bounces);

    private readonly Dictionary<(Device Device, PhysicalAddress First), List<MappedList>> _lists = [];

    /// <summary>Behind an IOMMU no event tells the slot; it is found by the address that the device was given.</summary>
    private readonly Dictionary<(Device Device, DmaAddress Address), Bounce> _translated = [];

    private void MapPage(TraceEvent e, ReplayedDevice device)
    {
        if (device.IsTranslated)
        {
            TallyOf(e).NotCovered++;
            if (e.Bounces is [var taken] && e.Dma.IsMapped)
                _translated[(device.Device, e.Dma)] = taken;
            return;
        }

        DmaAddress result;
        if (e.Bounces is [var bounce])
        {
            result = Settle(bounce) ? bounce.Recorded : bounce.Result;
            Compare(e, Text(result), Text(e.Dma), bounce.Reason);
        }
        else if (DecisionIsLost(device, new(e.Physical), e.Size, e.Dma))
        {
            Bounce lost = WithoutDecision(e, new(e.Physical), e.Size, e.Dma);
            result = Settle(lost) ? lost.Recorded : lost.Result;
            Compare(e, Text(result), Text(e.Dma), Reasons.DecisionLost);
        }
        else
        {
            result = MapDirectly(e, device, new(e.Physical), e.Size, e.Dma);
            Compare(e, Text(result), Text(e.Dma));
        }

        NoteMapOfCase(e, device, result.IsMapped);
    }

    /// <summary>Whether an incomplete trace has the address of a slot, but not the decision for it.</summary>
    private bool DecisionIsLost(ReplayedDevice device, PhysicalAddress address, ulong size, DmaAddress recorded) =>
        !_isComplete && recorded.IsMapped && CanBounce(size) && recorded != _layer.Rules.ToDma(device.Device, address);

    private static Bounce WithoutDecision(TraceEvent map, PhysicalAddress original, ulong size, DmaAddress recorded) => new()
    {
        Decision = map,
        From = map.Number,
        Map = map,
        Original = original,
        Size = size,
        Direction = map.Direction,
        Attributes = map.Attributes,
        Recorded = recorded,
        IsRecorded = true,
    };

    /// <summary>A buffer that no decision to bounce precedes: the engine must not bounce it either.</summary>
    private DmaAddress MapDirectly(TraceEvent e, ReplayedDevice device, PhysicalAddress address, ulong size, DmaAddress recorded)
    {
        if ((device.ChangesMask || !(device.IsMaskKnown && (!device.IsScheduled || _isScheduleSure))) && recorded.IsMapped
            && _layer.ReasonToBounce(device.Device, address, size, e.Direction, e.Attributes) == BounceReason.DeviceMask)
        {
            device.IsMaskKnown = true;
            _verdict.AddNote($"mask of {device} learned: it reaches {address}");
            _layer.SetMask(device.Device, ulong.MaxValue);
        }

        if (!CanBounce(size) && _layer.ReasonToBounce(device.Device, address, size, e.Direction, e.Attributes) != BounceReason.None)
            return DmaAddress.MappingError;
        _book.SaveSearches();
        CurrentCpu.Id = e.Cpu;
        DmaAddress result = _layer.MapPhys(device.Device, address, size, e.Direction, e.Attributes);
        if (result.IsMapped && _layer.IsBounced(device.Device, result))
        {
            _layer.UnmapPhys(device.Device, result, size, e.Direction, DmaAttributes.SkipCpuSync);
            _book.RestoreSearches();
        }

        return result;
    }

    private void MapSg(TraceEvent e, ReplayedDevice device)
    {
        var bounces = new List<Bounce>(e.Bounces);
        if (device.IsTranslated)
            TallyOf(e).NotCovered++;
        else
            JudgeList(e, device, bounces);

        if (e.PhysicalAddresses.Length == 0)
            return;
        (Device, PhysicalAddress) key = (device.Device, e.PhysicalAddresses[0]);
        if (!_lists.TryGetValue(key, out List<MappedList>? same))
            _lists[key] = same = [];
        same.Add(new MappedList(e.PhysicalAddresses, e.IsTruncated ? e.FullNents : e.PhysicalAddresses.Length, bounces));
    }

    private void JudgeList(TraceEvent e, ReplayedDevice device, List<Bounce> bounces)
    {
        int next = 0;
        string? reason = null;
        (string Expected, string Got)? wrong = null;
        int visible = Math.Min(e.PhysicalAddresses.Length, Math.Min(e.DmaAddresses.Length, e.Lengths.Length));
        for (int i = 0; i < visible; i++)
        {
            PhysicalAddress address = e.PhysicalAddresses[i];
            DmaAddress recorded = e.DmaAddresses[i], result;
            bool decided = next < e.Bounces.Count && e.Bounces[next] is { IsRecorded: true } b && b.Original == address && b.Recorded == recorded;
            if (decided)
            {
                Bounce bounce = e.Bounces[next++];
                result = Settle(bounce) ? recorded : bounce.Result;
                reason ??= bounce.Reason;
            }
            else if (DecisionIsLost(device, address, e.Lengths[i], recorded))
            {
                Bounce lost = WithoutDecision(e, address, e.Lengths[i], recorded);
                bounces.Add(lost);
                result = Settle(lost) ? recorded : lost.Result;
                reason ??= Reasons.DecisionLost;
            }
            else
            {
                result = MapDirectly(e, device, address, e.Lengths[i], recorded);
            }

            if (result != recorded)
                wrong ??= ($"entry {i}: {Text(result)}", $"entry {i}: {Text(recorded)}");
        }

        foreach (Bounce bounce in e.Bounces.Skip(next))
        {
            if (!bounce.IsRecorded && bounce.Result.IsMapped)
                continue;
            if (!_isComplete)
                reason ??= Reasons.HeldBefore;
            else
                wrong ??= (bounce.Result.IsMapped ? "a decision for an entry" : "the map fails", "the list is mapped");
        }

        if (wrong is { } difference)
            Wrong(e, difference.Expected, difference.Got);
        else
            Compare(e, "", "", reason);
    }

    private void MapResource(TraceEvent e, ReplayedDevice device)
    {
        if (device.IsTranslated)
            TallyOf(e).NotCovered++;
        else
            Compare(e, Text(_layer.MapResource(device.Device, new(e.Physical), e.Size, e.Direction, e.Attributes)), Text(e.Dma));
    }

    private void UnmapPage(TraceEvent e, ReplayedDevice device)
    {
        NoteUnmapOfCase(device);
        if (device.IsTranslated)
        {
            TallyOf(e).NotCovered++;
            if (_translated.Remove((device.Device, e.Dma), out Bounce? taken) && taken.Owner is { } slots)
            {
                Release(slots);
                NoteReturn(e, [slots], isLogged: true);
                RetryWaiting();
            }

            return;
        }

        PhysicalAddress at = _layer.Rules.ToPhysical(device.Device, e.Dma);
        if (e.IsDone || (_book.PoolAt(at) is null && _book.OwnerAt(at) is null))
        {
            // Not in a pool: the engine does nothing that could be seen. Done: an earlier map showed that it came before.
            Identical(e);
            return;
        }

        SlotOwner? owner = _book.OwnerAt(at);
        if (owner is { IsUnknown: false } && owner.Dma == e.Dma && owner.Device == device.Device)
        {
            _layer.UnmapPhys(device.Device, e.Dma, e.Size, e.Direction, e.Attributes);
            _book.Remove(owner);
            if (_noPools.Count > 0 && owner.Pool is not null && _noPools.Contains(owner.Pool))
                FillUp(owner.Pool);
            NoteReturn(e, [owner], isLogged: true);
            Identical(e);
        }
        else if (!_isComplete)
        {
            if (_book.Describe(device.Device, e.Dma, at, e.Size, e.Direction) is { IsInPool: true, Pool: { } pool } range)
            {
                foreach (SlotOwner unknown in _book.OwnersOf(pool, range.FirstSlot, range.Slots).Where(static o => o.IsUnknown).ToArray())
                    Release(unknown);
            }

            Explain(e, Reasons.MappedBefore);
        }
        else
        {
            Wrong(e, owner is null ? "no mapping there" : $"the mapping of {owner.Device} at {Text(owner.Dma)}", $"unmap of {Text(e.Dma)}");
        }

        RetryWaiting();
    }

    private void UnmapSg(TraceEvent e, ReplayedDevice device)
    {
        MappedList? list = null;
        if (e.PhysicalAddresses.Length > 0 && _lists.TryGetValue((device.Device, e.PhysicalAddresses[0]), out List<MappedList>? candidates))
        {
            // The event names neither addresses nor lengths: of two maps of the same memory the later one is taken.
            int at = candidates.FindLastIndex(c => c.Entries == e.PhysicalAddresses.Length && e.PhysicalAddresses.AsSpan().StartsWith(c.Addresses));
            if (at >= 0)
            {
                list = candidates[at];
                candidates.RemoveAt(at);
                if (candidates.Count == 0)
                    _lists.Remove((device.Device, e.PhysicalAddresses[0]));
            }
        }

        SlotOwner[] owners = [.. (list?.Bounces ?? []).Select(static b => b.Owner).OfType<SlotOwner>()];
        foreach (SlotOwner owner in owners)
            Release(owner);
        NoteReturn(e, owners, isLogged: false);
        if (device.IsTranslated)
            TallyOf(e).NotCovered++;
        else if (list is not null)
            Identical(e);
        else if (!_isComplete)
            Explain(e, Reasons.MappedBefore);
        else
            Wrong(e, "no such list is mapped", $"unmap of {e.PhysicalAddresses.Length} entries");
        if (owners.Length > 0)
            RetryWaiting();
    }

    private static string Text(DmaAddress address) => address.IsMapped ? $"dma_addr={address.Value:x}" : "the map fails";
}
