using System.Runtime.InteropServices;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Replay;

/// <content>Scatterlists, and lists whose map failed without an event of its own.</content>
public sealed partial class LoadReader
{
    private const ulong LongestPauseInList = 10_000_000; // two bounces of one list are never further apart, in nanoseconds

    private const ulong PauseOfUnplaced = 50_000; // the same, for bounces whose buffers have no address
    private const ulong LongestRequest = 262144; // bytes: 128 slots

    private readonly List<PendingBounce> _own = []; // bounces of the list in hand, in order

    private void MapList(in DmaEvent e)
    {
        ReadOnlySpan<PhysicalAddress> physical = e.PhysicalAddresses;
        ReadOnlySpan<DmaAddress> dma = e.DmaAddresses;
        ReadOnlySpan<uint> lengths = e.Lengths;
        TakeOwnBounces(PendingOf(e.Cpu), e.Pid);
        if (dma.Length < physical.Length || lengths.Length < physical.Length)
        {
            // Fewer device segments than entries: merged, which only an IOMMU does.
            _current.Translated = true;
            Counts.Translated++;
            return;
        }

        int entries = physical.Length;
        int tail = e.IsTruncated ? FirstBounceOf(physical, dma, lengths, e.FullNents) : MatchFromEnd(physical, lengths);
        int from = _own.Count - tail;
        AbandonAsLists(_own, 0, from);

        int at = from, first = -1, previous = -1, count = 0;
        int missing = e.IsTruncated ? Math.Max(0, e.FullNents - entries) : 0;
        for (int i = 0; i < entries; i++)
        {
            ulong translated = _current.ToDma(physical[i].Value);
            bool bounced = at < _own.Count && _own[at].IsOf(physical[i].Value, translated, lengths[i]);
            if (bounced)
            {
                _current.Bounced(_own[at], physical[i].Value, e.Direction, _change);
                at++;
            }
            else
            {
                bounced = dma[i].Value != translated && IsInPool(dma[i].Value);
            }

            if (bounced)
                _current.Slot(physical[i].Value, dma[i].Value, _change);
            else
                _current.Direct(translated, lengths[i], e.Direction, _change);
        }

        int bounces = _own.Count - from;
        int hidden = missing == 0 ? 0 : Math.Min(missing, _own.Count - at);
        if (e.IsTruncated)
            Counts.TruncatedLists++;
        Counts.MissingEntries += missing - hidden;
        at = from;
        for (int i = 0; i < entries + hidden; i++)
        {
            bool shown = i < entries;
            ulong address = shown ? physical[i].Value : _current.ToPhysical(_own[_own.Count - hidden + i - entries].Address);
            ulong size = shown ? lengths[i] : _own[_own.Count - hidden + i - entries].Size;
            bool bounced = !shown || dma[i].Value != _current.ToDma(address);
            var operation = new LoadOperation
            {
                Kind = LoadOperationKind.Map,
                Time = e.Time,
                Physical = address,
                Size = size,
                Recorded = shown ? dma[i].Value : 0,
                Device = _currentDevice,
                Cpu = (ushort)e.Cpu,
                Direction = e.Direction,
                Attributes = e.Attributes,
                Flags = LoadFlags.InList | (bounced ? LoadFlags.Bounced : 0) | (shown ? 0 : LoadFlags.AddressUnknown)
                    | (i == 0 ? LoadFlags.ListStart : 0) | (i == entries + hidden - 1 ? LoadFlags.ListEnd : 0),
            };
            if (i == 0 && _failed.Any && bounces > 0)
                Serve(ref operation, KeyOfList(_own[from]));
            AddMapping(ref operation, default, inList: true);
            if (previous >= 0)
                _live[previous].NextEntry = operation.Index;
            else
                first = operation.Index;
            previous = operation.Index;
            count++;
        }

        if (count > 0)
            _live.AddList(first, count);
        _own.Clear();
    }

    /// <summary>Moves the bounces of this device and thread from a CPU's pending ones to <see cref="_own"/>.</summary>
    private void TakeOwnBounces(List<PendingBounce> pending, int pid)
    {
        _own.Clear();
        int kept = 0;
        for (int i = 0; i < pending.Count; i++)
        {
            if (pending[i].Device == _currentDevice && pending[i].Pid == pid)
                _own.Add(pending[i]);
            else
                pending[kept++] = pending[i];
        }

        pending.RemoveRange(kept, pending.Count - kept);
    }

    /// <summary>How many bounces at the end belong to this list: walks both backwards.</summary>
    private int MatchFromEnd(ReadOnlySpan<PhysicalAddress> physical, ReadOnlySpan<uint> lengths)
    {
        int at = _own.Count - 1;
        for (int i = physical.Length - 1; i >= 0 && at >= 0; i--)
        {
            if (_own[at].IsOf(physical[i].Value, _current.ToDma(physical[i].Value), lengths[i]))
                at--;
        }

        return _own.Count - 1 - at;
    }

    /// <summary>The same for a list that goes on where the event ends: its bounces begin with that of the first bounced entry.</summary>
    private int FirstBounceOf(ReadOnlySpan<PhysicalAddress> physical, ReadOnlySpan<DmaAddress> dma, ReadOnlySpan<uint> lengths, int all)
    {
        for (int i = 0; i < physical.Length; i++)
        {
            ulong translated = _current.ToDma(physical[i].Value);
            if (dma[i].Value == translated)
                continue;
            int found = 0;
            for (int at = _own.Count - 1; at >= 0 && _own.Count - at <= all - i; at--)
            {
                if (!_own[at].IsOf(physical[i].Value, translated, lengths[i]))
                    continue;
                found = _own.Count - at;
                if (_own[at].Address != ulong.MaxValue)
                    break; // outside all windows of the bus every address is alike: then the list begins as early as it can
            }

            return found;
        }

        return _own.Count; // only entries beyond the event bounce
    }

    /// <summary>Bounces of the current device and thread that no map followed: lists that failed.</summary>
    private void AbandonOwnBounces(List<PendingBounce> pending, int pid)
    {
        if (pending.Count == 0)
            return;
        TakeOwnBounces(pending, pid);
        AbandonAsLists(_own, 0, _own.Count);
        _own.Clear();
    }

    private void AbandonBounces(List<PendingBounce> pending, int from)
    {
        if (from >= pending.Count)
            return;
        AbandonAsLists(pending, from, pending.Count);
        pending.RemoveRange(from, pending.Count - from);
    }

    /// <summary>
    /// Cuts bounces into lists and adds each as a failed map. A list has each buffer once, and nothing after an entry that is too long. Where no
    /// buffer has an address, outside all windows of the bus, time alone tells lists apart.
    /// </summary>
    private void AbandonAsLists(List<PendingBounce> bounces, int from, int to)
    {
        for (int begin = from; begin < to;)
        {
            int end = begin + 1;
            while (end < to && bounces[end].Device == bounces[begin].Device && bounces[end].Pid == bounces[begin].Pid
                && bounces[end - 1].Size <= LongestRequest
                && (bounces[end].Address == ulong.MaxValue || (bounces[end].Address, bounces[end].Size) != (bounces[begin].Address, bounces[begin].Size))
                && bounces[end].Time - bounces[end - 1].Time <= (bounces[end].Address == ulong.MaxValue ? PauseOfUnplaced : LongestPauseInList))
                end++;
            AddFailedList(CollectionsMarshal.AsSpan(bounces)[begin..end]);
            begin = end;
        }
    }

    private void AddFailedList(ReadOnlySpan<PendingBounce> bounces)
    {
        (int device, DeviceEvidence current) = (_currentDevice, _current);
        (_currentDevice, _current) = (bounces[0].Device, _devices[bounces[0].Device]);
        Counts.FailedAttempts++;
        Counts.FirstFailure = Math.Min(Counts.FirstFailure ?? ulong.MaxValue, bounces[0].Time);
        (FailedRequest request, bool retry) = _failed.Attempt(KeyOfList(bounces[0]), bounces[0].Time);
        ulong lifetime = AssumedLifetime();
        for (int i = 0; i < bounces.Length; i++)
        {
            ulong physical = _current.ToPhysical(bounces[i].Address);
            _current.Bounced(bounces[i], physical, DmaDirection.Bidirectional, _change);
            _chunk.Add(new LoadOperation
            {
                Kind = LoadOperationKind.Map,
                Time = bounces[i].Time,
                Physical = physical,
                Size = bounces[i].Size,
                Recorded = lifetime,
                Request = request.Number,
                Index = -1,
                Device = _currentDevice,
                Cpu = (ushort)_event.Cpu,
                Direction = DmaDirection.Bidirectional,
                Flags = LoadFlags.InList | LoadFlags.Bounced | LoadFlags.Failed | (retry ? LoadFlags.Retry : 0)
                    | (i == 0 ? LoadFlags.ListStart : 0) | (i == bounces.Length - 1 ? LoadFlags.ListEnd : 0),
            });
        }

        (_currentDevice, _current) = (device, current);
    }

    private FailedRequestKey KeyOfList(in PendingBounce first) => new(_currentDevice, first.Address, first.Size, DmaDirection.None);
}
