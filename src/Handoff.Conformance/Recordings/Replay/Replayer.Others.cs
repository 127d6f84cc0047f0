using Handoff.Coherent;
using Handoff.Conformance.Recordings.Verdicts;
using Handoff.Swiotlb;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;

namespace Handoff.Conformance.Recordings.Replay;

/// <content>Syncs, allocations, and what is known about the probe's cases.</content>
internal sealed partial class Replayer
{
    private const ulong LargestBlock = 4UL << 20;

    private ProbeLine? _case;
    private int _syncsSeen, _syncsExpected;

    private void Sync(TraceEvent e, ReplayedDevice device)
    {
        if (device.IsTranslated)
        {
            TallyOf(e).NotCovered++;
            return;
        }

        _syncsSeen++;
        bool skips = device.Device.SkipSync && !_recorded.Kernel.Switches.DmaApiDebug;
        DmaAddress? stray = null;
        if (e.DmaAddresses.Length == 0)
            stray = IsStray(device, e.Dma) ? e.Dma : null;
        foreach (DmaAddress address in e.DmaAddresses)
            stray ??= IsStray(device, address) ? address : null;
        if (stray is { } nowhere)
        {
            if (_isComplete)
                Wrong(e, $"no mapping at {Text(nowhere)}", "a sync");
            else
                Explain(e, Reasons.MappedBefore);
        }
        else if (!skips)
        {
            Identical(e);
        }
        else if (device.IsScheduled)
        {
            Wrong(e, "no event: syncs are skipped until the first bounce", "a sync");
        }
        else
        {
            Explain(e, Reasons.MaskHistory);
        }
    }

    /// <summary>Whether the address lies in a pool, in a slot that nobody holds.</summary>
    private bool IsStray(ReplayedDevice device, DmaAddress address)
    {
        PhysicalAddress at = _layer.Rules.ToPhysical(device.Device, address);
        return _book.PoolAt(at) is not null && _book.OwnerAt(at) is null;
    }

    private void Allocate(TraceEvent e, ReplayedDevice device)
    {
        if (device.IsTranslated)
        {
            TallyOf(e).NotCovered++;
            return;
        }

        bool succeeded = e.Kind switch
        {
            DmaEventKind.AllocSgtErr => false,
            DmaEventKind.AllocSgt => true,
            _ => e.HasMemory,
        };
        if (_layer.AllocatorOf(device.Device) is { ForAlloc: true })
            AllocateRestricted(e, device, succeeded);
        else if (succeeded)
        {
            LearnCoherentMask(e, device);
            Compare(e, IsPlausibleMemory(e, device) ? Text(e.Dma) : "memory within the device's reach", Text(e.Dma));
        }
        else if (PageAligned(e.Size) > LargestBlock && _recorded.Machine.EffectiveCmaSize < e.Size)
            Identical(e); // larger than any block there is
        else
            Explain(e, Reasons.PageAllocator);
    }

    private void LearnCoherentMask(TraceEvent e, ReplayedDevice device)
    {
        if (device.IsCoherentMaskKnown || unchecked(e.Dma.Value + PageAligned(e.Size) - 1) <= device.Device.CoherentLimit)
            return;
        device.IsCoherentMaskKnown = true;
        _verdict.AddNote($"coherent mask of {device} learned: it reaches {Text(e.Dma)}");
        _layer.SetCoherentMask(device.Device, ulong.MaxValue);
    }

    private ulong PageAligned(ulong size) => (size + _recorded.Machine.PageSize - 1) & ~((ulong)_recorded.Machine.PageSize - 1);

    private bool IsPlausibleMemory(TraceEvent e, ReplayedDevice device)
    {
        PhysicalAddress start = _layer.Rules.ToPhysical(device.Device, e.Dma);
        ulong bytes = PageAligned(e.Size);
        return unchecked(e.Dma.Value + bytes - 1) <= device.Device.CoherentLimit && (start.Value & (_recorded.Machine.PageSize - 1)) == 0
            && _recorded.Machine.Ram.Contains(start) && _recorded.Machine.Ram.Contains(start + (bytes - 1)) && _book.PoolAt(start) is null;
    }

    private void AllocateRestricted(TraceEvent e, ReplayedDevice device, bool succeeded)
    {
        var memory = new Bounce
        {
            Decision = e,
            From = e.Number,
            Map = e,
            IsMemory = true,
            Original = new(0),
            Size = PageAligned(e.Size),
            Direction = e.Direction,
            Attributes = e.Attributes,
            Recorded = succeeded ? e.Dma : DmaAddress.MappingError,
            IsRecorded = true,
        };
        bool same = TryTake(memory) || Settle(memory);
        Compare(e, MemoryText(same ? memory.Recorded : memory.Result), MemoryText(memory.Recorded), memory.Reason);
        RetryWaiting();
    }

    private static string MemoryText(DmaAddress address) => address.IsMapped ? Text(address) : "no memory";

    private SlotOwner OwnerOf(ReplayedDevice device, DmaBuffer buffer)
    {
        SwiotlbPool pool = _book.PoolAt(buffer.Physical)!;
        ulong bytes = PageAligned(buffer.Size);
        return new SlotOwner
        {
            Device = device.Device,
            Pool = pool,
            FirstSlot = (int)((buffer.Physical - pool.Start) >> SwiotlbConstants.SlotShift),
            Slots = (int)(bytes >> SwiotlbConstants.SlotShift),
            Dma = buffer.Dma,
            Original = new(0),
            Size = bytes,
            Buffer = buffer,
        };
    }

    private void Free(TraceEvent e, ReplayedDevice device)
    {
        if (device.IsTranslated)
        {
            TallyOf(e).NotCovered++;
            return;
        }

        if (_layer.AllocatorOf(device.Device) is not { ForAlloc: true } || !e.HasMemory)
        {
            Identical(e); // pages go back to the page allocator
            return;
        }

        SlotOwner? owner = _book.OwnerAt(_layer.Rules.ToPhysical(device.Device, e.Dma));
        if (owner is { Buffer: not null } && owner.Dma == e.Dma)
        {
            Release(owner);
            NoteReturn(e, [owner], isLogged: false);
            Identical(e);
            RetryWaiting();
        }
        else if (_isComplete)
        {
            Wrong(e, owner is null ? "no memory there" : $"{owner.Device} holds {Text(owner.Dma)}", $"free of {Text(e.Dma)}");
        }
        else
        {
            Explain(e, Reasons.MappedBefore);
        }
    }

    /// <summary>Coherent devices skip syncs, and their events, until the first bounce: what the probe's next case must show.</summary>
    private void NoteMapOfCase(TraceEvent e, ReplayedDevice device, bool mapped)
    {
        if (_case is { Kind: "hold" } hold && hold.Text("dev") == device.Device.Name && hold.Number("size") == e.Size && e.Direction == DmaDirection.ToDevice)
            _cases.AddHeld(hold.Case, mapped);

        if (_case is not { Kind: "single" } line || line.Text("dev") != device.Device.Name || line.Number("size") != e.Size)
            return;
        bool skips = device.Device.SkipSync && !_recorded.Kernel.Switches.DmaApiDebug;
        (_syncsSeen, _syncsExpected) = (0, e.Dma.IsMapped && !skips ? 2 : 0);
    }

    private void NoteUnmapOfCase(ReplayedDevice device)
    {
        if (_case is { Kind: "single" } line && line.Text("dev") == device.Device.Name)
            EndCase();
    }

    private void EndCase()
    {
        if (_case is { Kind: "single" } line && _syncsSeen < _syncsExpected && _isComplete)
            _verdict.AddWrong(_verdict.Kind(Part, "sync missing"), $"{_file}: case n={line.Case}", $"{_syncsExpected} syncs", $"{_syncsSeen}");
        _case = null;
        (_syncsSeen, _syncsExpected) = (0, 0);
    }

    /// <summary>debugfs was read when the trace had ended: it may know of slots that were in use after it.</summary>
    private void JudgeCounters()
    {
        if (_layer.Swiotlb is not { } allocator || !_isComplete)
            return;
        IReadOnlyDictionary<string, ulong> counters = _recorded.Facts.SwiotlbCounters;
        Judge("io_tlb_nslabs", allocator.Slots - _noPools.Sum(static p => (long)p.Slots), "a pool that was added and in which no trace event has an address");
        Judge("io_tlb_used_hiwater", allocator.HighWater, "slots that were used after the trace had ended");

        void Judge(string name, long expected, string reason)
        {
            if (!counters.TryGetValue(name, out ulong got))
                return;
            KindTally kind = _verdict.Kind("machine", name);
            if ((ulong)expected == got)
                kind.Identical++;
            else if (_reordered && name == "io_tlb_used_hiwater")
                RecordingVerdict.AddExplained(kind, Reasons.Order);
            else if ((ulong)expected < got)
                RecordingVerdict.AddExplained(kind, reason);
            else
                _verdict.AddWrong(kind, "machine.txt", $"{expected}", $"{got}");
        }
    }
}
