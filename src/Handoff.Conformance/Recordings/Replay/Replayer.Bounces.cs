using Handoff.Coherent;
using Handoff.Direct;
using Handoff.Pages;
using Handoff.Swiotlb;

namespace Handoff.Conformance.Recordings.Replay;

/// <content>Decisions to bounce, and the slots that follow.</content>
internal sealed partial class Replayer
{
    /// <summary>Alignment that dma-iommu asks a block to have: its granule, one page.</summary>
    private ulong TranslationGranuleMask => _recorded.Machine.PageSize - 1;

    /// <summary>Areas whose search start is known: slots were taken there since the trace began or events were lost.</summary>
    private readonly HashSet<(SwiotlbPool Pool, int Area)> _searched = [];

    /// <summary>For so many events, slots that are in use no more may have moved a search.</summary>
    private const int HiddenMatters = 256;

    private long _lastHidden = -HiddenMatters - 1;

    /// <summary>Slots in use whose addresses are not recorded.</summary>
    private readonly Dictionary<SlotOwner, Bounce> _hidden = [];

    /// <summary>Lists whose map has failed or will: the decisions so far, and the slots of those that succeeded.</summary>
    private readonly Dictionary<((int, int) Thread, Device Device), (List<TraceEvent> Decisions, List<Bounce> Bounces)> _failing = [];

    /// <summary>A decision: right if the engine bounces this buffer too; its slots are taken now.</summary>
    private void Decide(TraceEvent e, ReplayedDevice device)
    {
        if (!CanBounce(e.Size))
        {
            Wrong(e, "no bounce: the kernel stops with BUG for such a size", $"size={e.Size}");
            if (e.Bounce is { } damaged)
                (damaged.IsDone, damaged.Result) = (true, DmaAddress.MappingError);
            return;
        }

        if (e.Bounce is null)
        {
            DecideAlone(e, device);
            return;
        }

        if (device.IsTranslated)
        {
            TallyOf(e).NotCovered++;
        }
        else
        {
            LearnMask(e, device);
            JudgeDecision(e, device, e.Bounce.Original, e.Bounce.Direction, e.Bounce.Attributes);
        }

        if (TryTake(e.Bounce) || TryTakeHolding(e.Bounce) || (IsJustBehind(e.Bounce) && TryReorder(e.Bounce, deepest: 8)) || (_layer.Swiotlb is { CanGrow: true } && TryGrow(e.Bounce)))
            RetryWaiting();
        else
            _waiting.Add(e.Bounce);
    }

    /// <summary>Guards against damaged recordings: nothing and whole address spaces do not bounce.</summary>
    private static bool CanBounce(ulong size) => size is > 0 and <= 1UL << 40;

    private void JudgeDecision(TraceEvent e, ReplayedDevice device, PhysicalAddress original, DmaDirection direction, DmaAttributes attributes)
    {
        bool bounces = _layer.ReasonToBounce(device.Device, original, e.Size, direction, attributes) != BounceReason.None;
        bool forced = _layer.AllocatorOf(device.Device) is { ForceBounce: true };
        Compare(
            e,
            bounces ? Text(device.Device.DmaMask ?? 0, _layer.Rules.ToDma(device.Device, original).Value, forced) : "no bounce",
            Text(e.DmaMask, e.Physical, e.IsForced));

        string Text(ulong mask, ulong address, bool force) => $"bounce dma_mask={mask:x} dev_addr={address:x} size={e.Size} {(force ? "FORCE" : "NORMAL")}";
    }

    /// <summary>A decision that no map follows: an entry of a list that fails. The list ends with the entry that the engine cannot map either.</summary>
    private void DecideAlone(TraceEvent e, ReplayedDevice device)
    {
        ((int, int), Device) key = (e.Thread, device.Device);
        if (!_failing.TryGetValue(key, out (List<TraceEvent> Decisions, List<Bounce> Bounces) list))
            _failing[key] = list = ([], []);
        list.Decisions.Add(e);
        if (!device.IsTranslated)
            LearnMask(e, device);
        var bounce = new Bounce { Decision = e, From = e.Number, Original = OriginalOf(e, device), Size = e.Size, Direction = DmaDirection.Bidirectional, Attributes = DmaAttributes.None };
        TryTake(bounce);
        if (bounce.Result.IsMapped)
        {
            list.Bounces.Add(bounce);
            return;
        }

        _failing.Remove(key);
        SlotOwner[] owners = [.. list.Bounces.Select(static b => b.Owner).OfType<SlotOwner>()];
        foreach (SlotOwner owner in owners)
            Release(owner);
        NoteReturn(e, owners, isLogged: false);
        foreach (TraceEvent decision in list.Decisions)
        {
            if (device.IsTranslated)
                TallyOf(decision).NotCovered++;
            else
                JudgeDecision(decision, device, OriginalOf(decision, device), DmaDirection.Bidirectional, DmaAttributes.None);
        }

        RetryWaiting();
    }

    /// <summary>The buffer behind a decision's address; one outside all windows prints as all ones, and any address outside them does as well.</summary>
    private PhysicalAddress OriginalOf(TraceEvent decision, ReplayedDevice device) =>
        device.IsTranslated ? new(decision.Physical)
            : decision.Physical == ulong.MaxValue ? new(decision.Physical & ~0xfffUL)
            : _layer.Rules.ToPhysical(device.Device, new(decision.Physical));

    /// <summary>Decisions that are left over when the trace ends.</summary>
    private void End()
    {
        EndCase();
        if (_isComplete)
            _full.End();
        JudgeCounters();
        foreach ((List<TraceEvent> decisions, _) in _failing.Values)
        {
            foreach (TraceEvent decision in decisions)
            {
                if (DeviceOf(decision).IsTranslated)
                    TallyOf(decision).NotCovered++;
                else if (_queue.Count - decision.Number < 1000 || !_isComplete)
                    Explain(decision, Reasons.CutOff);
                else
                    Wrong(decision, "a list that the engine maps", "no map follows");
            }
        }
    }

    private bool TryTake(Bounce bounce) => TryTake(bounce, out _);

    /// <summary>Lets the engine map the buffer, on the CPU that decided. Takes it back if the result is not the recorded one.</summary>
    /// <param name="bounce">The buffer.</param>
    /// <param name="instead">The slots that the engine would have given instead.</param>
    private bool TryTake(Bounce bounce, out SlotOwner? instead)
    {
        ReplayedDevice device = DeviceOf(bounce.Decision);
        instead = null;
        _book.SaveSearches();
        CurrentCpu.Id = bounce.Decision.Cpu;
        (_placing, _placed, _fullText) = (bounce, false, "");
        bounce.Result = MapOrAllocate(bounce, device);
        SlotOwner? owner = OwnerOf(bounce, device);
        if (!bounce.IsRecorded || device.IsTranslated || bounce.Result == bounce.Recorded)
        {
            bounce.IsDone = true;
            if (owner is not null)
            {
                _book.Add(owner);
                NoteTake(bounce, owner);
                if (!bounce.IsRecorded || device.IsTranslated)
                    (_hidden[owner], _lastHidden) = (bounce, bounce.Decision.Number);
                if (owner.Pool is { } pool && bounce.IsRecorded && !device.IsTranslated)
                    _searched.Add((pool, owner.Area));
            }
            else if (!bounce.Result.IsMapped)
            {
                NoteFailure(bounce, device);
            }

            return true;
        }

        instead = owner;
        if (owner is not null)
            Release(owner);
        _book.RestoreSearches();
        return false;
    }

    private DmaAddress MapOrAllocate(Bounce bounce, ReplayedDevice device)
    {
        if (bounce.IsMemory)
        {
            bounce.Memory = bounce.Decision.Kind == Tracing.Recordings.DmaEventKind.Alloc
                ? _layer.AllocAttrs(device.Device, bounce.Size, GfpFlags.Kernel | GfpFlags.NoWarn, bounce.Attributes)
                : _layer.AllocPages(device.Device, bounce.Size, bounce.Direction, GfpFlags.Kernel | GfpFlags.NoWarn);
            return bounce.Memory?.Dma ?? DmaAddress.MappingError;
        }

        if (!device.IsTranslated)
            return _layer.MapPhys(device.Device, bounce.Original, bounce.Size, bounce.Direction, bounce.Attributes);
        PhysicalAddress slot = _layer.SwiotlbMap(device.Device, bounce.Original, bounce.Size, TranslationGranuleMask, bounce.Direction, bounce.Attributes);
        return slot.IsValid ? new(slot.Value) : DmaAddress.MappingError;
    }

    private SlotOwner? OwnerOf(Bounce bounce, ReplayedDevice device)
    {
        if (!bounce.Result.IsMapped)
            return null;
        return bounce.IsMemory
            ? OwnerOf(device, bounce.Memory!)
            : _book.Describe(
                device.Device, bounce.Result, bounce.Original, bounce.Size, bounce.Direction, device.IsTranslated ? TranslationGranuleMask : 0, isTransient: _placed);
    }

    private void NoteFailure(Bounce bounce, ReplayedDevice device)
    {
        if (device.IsScheduled && _caseNumber > 0)
            _cases.AddFull(_caseNumber);
        if (_isComplete && _reader.Header.Clock is null or "local" && _fullText.StartsWith("swiotlb buffer", StringComparison.Ordinal))
            _full.Failed(bounce.Decision.Time, device.Device.Name, _fullText);
    }

    /// <summary>The map event is here, so its slots have been taken by now.</summary>
    /// <returns>Whether the engine's result is the recorded one.</returns>
    private bool Settle(Bounce bounce)
    {
        if (bounce.IsDone)
            return true;
        _waiting.Remove(bounce);
        if (TryReorder(bounce) || TryGrow(bounce) || (!_isComplete && TryLearn(bounce)) || TryBesideHidden(bounce) || TryDoubtPool(bounce))
        {
            RetryWaiting();
            return true;
        }

        // It is wrong. What follows is judged from the recorded state, so that one difference does not cause others.
        _taken.Clear();
        if (bounce.Recorded.IsMapped && Wanted(bounce) is { IsInPool: true } wanted)
        {
            SlotOwner owner = bounce.IsMemory
                ? OwnerOf(DeviceOf(bounce.Decision), new DmaBuffer(new(0), bounce.Recorded, _layer.Rules.ToPhysical(wanted.Device, bounce.Recorded), bounce.Size, CpuView.Cached, MemorySource.RestrictedPool))
                : wanted;
            if (Hold(owner, moveSearch: true))
                bounce.Owner = owner;
        }

        bounce.IsDone = true;
        return false;
    }

    /// <summary>
    /// Slots whose addresses no event has were taken where the engine thought best; another order of events would have put them elsewhere. While
    /// there are any, an address that does not follow is possible if only such slots are in its way.
    /// </summary>
    private bool TryBesideHidden(Bounce bounce)
    {
        if ((_hidden.Count == 0 && _lastHidden < bounce.From - HiddenMatters) || !bounce.Recorded.IsMapped)
            return false;
        if (PoolAround(bounce, isNew: false) is { } added && TryUseRequest())
        {
            // Its first slots went to such entries.
            _layer.Swiotlb!.AddPool(added);
            _verdict.AddNote("a pool was added at run time; its place is learned from the first address in it");
        }

        PhysicalAddress at = _layer.Rules.ToPhysical(DeviceOf(bounce.Decision).Device, bounce.Recorded);
        if (_layer.Swiotlb is { CanGrow: true } && _book.PoolAt(at) is null && _recorded.Machine.Ram.Contains(at))
        {
            // No pool had room any more: memory of this request's own.
            (bounce.IsDone, bounce.Result, bounce.Reason) = (true, bounce.Recorded, Reasons.Hidden);
            return true;
        }

        if (Wanted(bounce) is not { IsInPool: true, Pool: { } pool } wanted)
            return false;
        SlotOwner[] inTheWay = [.. _book.OwnersOf(pool, wanted.FirstSlot, wanted.Slots)];
        if (!Array.TrueForAll(inTheWay, _hidden.ContainsKey))
            return false;
        foreach (SlotOwner owner in inTheWay)
        {
            _hidden[owner].Owner = null; // wherever it is, its unmap gives nothing back here
            Release(owner);
        }

        return TryAdopt(bounce, wanted, Reasons.Hidden);
    }

    /// <summary>Slots may be in use that the trace does not show: those that the engine gives although others were recorded are.</summary>
    private bool TryLearn(Bounce bounce)
    {
        if (bounce.Recorded.IsMapped && AddOldPool(bounce))
            bounce.Reason = Reasons.PoolBefore;
        SlotOwner? wanted = bounce.Recorded.IsMapped ? Wanted(bounce) : null;
        if (bounce.Recorded.IsMapped && wanted is not { IsInPool: true })
            return false;
        if (wanted is { Pool: { } pool })
        {
            foreach (SlotOwner owner in _book.OwnersOf(pool, wanted.FirstSlot, wanted.Slots).ToArray())
            {
                Release(owner);
                bounce.Reason = owner.IsUnknown ? Reasons.HeldBefore : Reasons.UnmapLost;
            }

            if (!_searched.Contains((pool, wanted.Area)) && TryAdopt(bounce, wanted, Reasons.SearchStart))
                return true;
        }

        var learned = new List<SlotOwner>();
        while (!TryTake(bounce, out SlotOwner? instead))
        {
            if (instead is { Pool: { } from } && learned.Count <= from.Slots && HoldUnknown(instead, from, wanted, learned))
                continue;
            foreach (SlotOwner owner in learned)
                Release(owner);

            // After a loss, searches may stand anywhere, at any time until then. So may older pools in the list of pools.
            return (_losses > 0 || _hasOldPools) && wanted is not null && TryAdopt(bounce, wanted, Reasons.HeldBefore);
        }

        bounce.Reason ??= Reasons.HeldBefore;
        return true;
    }

    private bool TryAdopt(Bounce bounce, SlotOwner wanted, string reason)
    {
        if (!Hold(wanted, moveSearch: true))
            return false;
        bounce.Owner = wanted;
        _taken.Clear();
        if (wanted.Pool is { } pool)
            _searched.Add((pool, wanted.Area));
        bounce.Reason ??= reason;
        bounce.IsDone = true;
        bounce.Result = bounce.Recorded;
        return true;
    }

    /// <summary>Holds slots that the engine would give, but not those that were recorded.</summary>
    private bool HoldUnknown(SlotOwner slots, SwiotlbPool pool, SlotOwner? wanted, List<SlotOwner> learned)
    {
        for (int i = 0; i < slots.Slots; i++)
        {
            int slot = slots.FirstSlot + i;
            if (wanted is not null && wanted.Pool == pool && slot >= wanted.FirstSlot && slot < wanted.FirstSlot + wanted.Slots)
                continue;
            PhysicalAddress at = pool.Start + ((ulong)slot << SwiotlbConstants.SlotShift);
            var unknown = new SlotOwner
            {
                Device = slots.Device,
                Pool = pool,
                FirstSlot = slot,
                Slots = 1,
                Dma = DirectRules.ToDmaUnencrypted(slots.Device, at),
                Original = new(0),
                Size = SwiotlbConstants.SlotSize,
                IsUnknown = true,
            };
            if (!Hold(unknown))
                return false;
            learned.Add(unknown);
        }

        return true;
    }

    /// <summary>A decision prints the device's mask. Where nothing else tells it, this does.</summary>
    private void LearnMask(TraceEvent e, ReplayedDevice device)
    {
        if ((device.IsScheduled && _isScheduleSure) || device.Device.DmaMask == e.DmaMask)
            return;
        _verdict.AddNote(device.IsMaskKnown ? $"the mask of {device} changed; learned from swiotlb_bounced" : $"mask of {device} learned from swiotlb_bounced");
        device.IsMaskKnown = true;
        _layer.SetMask(device.Device, e.DmaMask);
    }
}
