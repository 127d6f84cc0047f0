using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Replay;

/// <content>Maps of one buffer, and the bounces before them.</content>
public sealed partial class LoadReader
{
    /// <summary>More bounces than one list can have entries are never waited for.</summary>
    private const int MostPending = 1 << 16;

    private readonly List<List<PendingBounce>> _pending = []; // [cpu], oldest first
    private long _served;

    /// <summary>The bounces that wait on a CPU; numbers beyond any machine's share lists.</summary>
    private List<PendingBounce> PendingOf(int cpu)
    {
        cpu = (ushort)cpu;
        while (_pending.Count <= cpu)
            _pending.Add([]);
        return _pending[cpu];
    }

    private void PushBounce(in DmaEvent e)
    {
        List<PendingBounce> pending = PendingOf(e.Cpu);
        if (pending.Count == MostPending)
            AbandonBounces(pending, 0);
        pending.Add(new PendingBounce(_currentDevice, e.Pid, e.BouncedAddress, e.Size, e.DmaMask, e.IsForced, e.Time));
    }

    private void MapSingle(in DmaEvent e)
    {
        ulong physical = e.PhysicalAddress.Value, size = e.Size;
        bool resource = e.Kind == DmaEventKind.MapResource || (e.Attributes & DmaAttributes.Mmio) != 0;
        bool bounced = false;
        ulong dma = resource ? physical : _current.ToDma(physical);
        if (!resource)
        {
            List<PendingBounce> pending = PendingOf(e.Cpu);
            for (int at = pending.Count - 1; at >= 0 && !bounced; at--)
            {
                if (pending[at].Device != _currentDevice || !pending[at].IsOf(physical, dma, size))
                    continue;
                bounced = true;
                PendingBounce bounce = pending[at];
                pending.RemoveAt(at);
                AbandonBounces(pending, at); // whatever came after it belongs to a list that failed
                AbandonOwnBounces(pending, e.Pid);
                _current.Bounced(bounce, physical, e.Direction, _change);
            }
        }

        bool failed = !e.DmaAddress.IsMapped;
        if (!failed && !bounced && e.DmaAddress.Value != dma && !resource)
        {
            bounced = IsInPool(e.DmaAddress.Value); // a recording without swiotlb events
            if (!bounced && !_current.HasWindows)
            {
                _current.Translated = true;
                Counts.Translated++;
                return;
            }
        }

        var operation = new LoadOperation
        {
            Kind = LoadOperationKind.Map,
            Time = e.Time,
            Physical = physical,
            Size = size,
            Recorded = e.DmaAddress.Value,
            Device = _currentDevice,
            Cpu = (ushort)e.Cpu,
            Direction = e.Direction,
            Attributes = e.Attributes,
            Flags = (resource ? LoadFlags.Resource : 0) | (bounced ? LoadFlags.Bounced : 0),
        };
        var key = new FailedRequestKey(_currentDevice, physical, size, e.Direction);
        if (failed)
        {
            if (resource || (!bounced && _machine.Pool is null))
                _current.Unreachable(dma, size, resource ? DmaDirection.ToDevice : e.Direction, _change);
            AddFailure(ref operation, key);
            return;
        }

        if (bounced)
            _current.Slot(physical, e.DmaAddress.Value, _change);
        else
            _current.Direct(dma, size, resource ? DmaDirection.ToDevice : e.Direction, _change);
        AddMapping(ref operation, key, inList: false);
    }

    private void AddMapping(ref LoadOperation operation, FailedRequestKey key, bool inList)
    {
        Counts.Mappings++;
        bool bounced = operation.Is(LoadFlags.Bounced), known = !operation.Is(LoadFlags.AddressUnknown);
        if (bounced)
            Counts.Bounced++;
        if (bounced && known)
            EndOverlapped(operation.Recorded, operation.Size, operation.Time);
        if (_failed.Any && !inList)
            Serve(ref operation, key);
        operation.Index = _live.Add(new RecordedMapping
        {
            Dma = operation.Recorded,
            Physical = operation.Physical,
            Size = operation.Size,
            Time = operation.Time,
            Device = operation.Device,
            Direction = operation.Direction,
            Bounced = bounced,
            InList = inList,
            HasDma = known,
        });
        if (bounced && known && PoolOf(PhysicalOf(operation.Recorded)) is { } pool)
            pool.Set(PhysicalOf(operation.Recorded), operation.Size, operation.Index);
        _chunk.Add(operation);
    }

    private void Serve(ref LoadOperation operation, FailedRequestKey key)
    {
        long number = _failed.Served(key, operation.Time);
        if (number == 0)
            return;
        _served++;
        operation.Request = number;
        operation.Flags |= LoadFlags.AfterFailure;
    }

    private void AddFailure(ref LoadOperation operation, FailedRequestKey key)
    {
        Counts.FailedAttempts++;
        Counts.FirstFailure = Math.Min(Counts.FirstFailure ?? ulong.MaxValue, operation.Time);
        (FailedRequest request, bool retry) = _failed.Attempt(key, operation.Time);
        operation.Request = request.Number;
        operation.Recorded = AssumedLifetime();
        operation.Flags |= LoadFlags.Failed | (retry ? LoadFlags.Retry : 0);
        operation.Index = -1;
        _chunk.Add(operation);
    }

    /// <summary>Mappings whose recorded slots a new one has taken are over, though the log has their release only later.</summary>
    private void EndOverlapped(ulong dma, ulong size, ulong time)
    {
        ulong physical = PhysicalOf(dma);
        if (PoolOf(physical) is not { } pool)
            return;
        for (int from = 0; pool.NextOwner(physical, size, ref from) is >= 0 and var owner;)
        {
            ref RecordedMapping old = ref _live[owner];
            if (old.EndedEarly)
                continue;
            old.EndedEarly = true;
            _chunk.Add(new LoadOperation
            {
                Kind = LoadOperationKind.Unmap,
                Time = time,
                Index = owner,
                Device = old.Device,
                Size = old.Size,
                Direction = old.Direction,
            });
        }
    }

    private ulong PhysicalOf(ulong dma) => _current.ToPhysical(dma);

    private bool IsInPool(ulong dma) => PoolOf(PhysicalOf(dma)) is not null;

    private SlotOwners? PoolOf(ulong physical)
    {
        foreach (SlotOwners pool in _pools)
        {
            if (pool.Contains(physical))
                return pool;
        }

        return null;
    }
}
