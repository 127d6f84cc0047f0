using System.Runtime.InteropServices;
using Handoff.Coherent;
using Handoff.Direct;
using Handoff.Pages;
using Handoff.Swiotlb;

namespace Handoff.Tracing.Replay;

/// <content>Lists, requests that failed in the recording, failures, coherent memory.</content>
public sealed partial class LoadReplayer
{
    private readonly Dictionary<(int Device, FailureCause Cause), ReplayFailure> _failures = [];
    private readonly Dictionary<long, ServedRequest> _served = []; // requests that failed in the recording and went through here
    private readonly PriorityQueue<long, ulong> _releases = new(); // numbers of such requests, by the end of their lifetime
    private readonly Dictionary<int, DmaBuffer> _buffers = [];
    private readonly List<(ulong Address, ulong Size, DmaDirection Direction, DmaAttributes Attributes, int Index)> _list = []; // entries mapped so far
    private FailureCause _lastCause;
    private ulong _nextRelease = ulong.MaxValue;
    private long _retries, _recovered;
    private bool _listFailed, _listSkipped;

    /// <summary>A request that went through here: what it holds, until it is released.</summary>
    private sealed class ServedRequest(Device device)
    {
        public Device Device => device;

        public List<(ulong Address, ulong Size, DmaDirection Direction)> Held { get; } = [];
    }

    private void MapSpecially(in LoadOperation operation)
    {
        Device device = _devices[operation.Device];
        if (operation.Is(LoadFlags.InList))
            MapEntry(device, operation);
        else if (operation.Is(LoadFlags.Failed))
            TryAgain(device, operation);
        else if (operation.Is(LoadFlags.Resource))
            _addresses[operation.Index] = MapResource(device, operation);
        else
            _addresses[operation.Index] = _served.Remove(operation.Request, out ServedRequest? served)
                ? Adopt(operation, served, 0)
                : Map(device, operation);
    }

    /// <summary>A recorded attempt that failed: tried here too, unless an earlier attempt went through.</summary>
    private void TryAgain(Device device, in LoadOperation operation)
    {
        if (_served.ContainsKey(operation.Request))
            return;
        if (operation.Is(LoadFlags.Retry))
            _maps--; // the request is counted already
        ulong address = operation.Is(LoadFlags.Resource) ? MapResource(device, operation) : Map(device, operation);
        if (address == Unmapped)
            return;
        var request = new ServedRequest(device);
        request.Held.Add((address, operation.Size, operation.Direction));
        Serve(operation, request);
    }

    private void MapEntry(Device device, in LoadOperation operation)
    {
        if (operation.Is(LoadFlags.ListStart))
        {
            _list.Clear();
            _listFailed = false;
            _listSkipped = operation.Request != 0 && operation.Is(LoadFlags.Failed) && _served.ContainsKey(operation.Request);
            if (operation.Is(LoadFlags.AfterFailure) && _served.Remove(operation.Request, out ServedRequest? served))
                GiveUp(served); // all of the list is mapped anew: what failed before was only its bounced part
        }

        if (_listSkipped)
            return;
        if (_listFailed)
        {
            if (operation.Index >= 0)
                _addresses[operation.Index] = Unmapped;
        }
        else
        {
            if (operation.Is(LoadFlags.Failed) && operation.Is(LoadFlags.Retry))
                _maps--;
            ulong address = Map(device, operation);
            if (address == Unmapped)
                FailList(device, operation);
            else
                _list.Add((address, operation.Size, operation.Direction, operation.Attributes, operation.Index));
            if (operation.Index >= 0)
                _addresses[operation.Index] = address;
        }

        if (operation.Is(LoadFlags.ListEnd))
            EndList(device, operation);
    }

    private void FailList(Device device, in LoadOperation operation)
    {
        _listFailed = true;
        CountFailure(device, operation, operation.Is(LoadFlags.Failed) && operation.Is(LoadFlags.Retry));
        foreach (var entry in _list)
        {
            _layer.UnmapPhys(device, new(entry.Address), entry.Size, entry.Direction, entry.Attributes | DmaAttributes.SkipCpuSync);
            if (entry.Index >= 0)
                _addresses[entry.Index] = Unmapped;
        }

        _list.Clear();
    }

    private void EndList(Device device, in LoadOperation operation)
    {
        bool recordedFailure = operation.Is(LoadFlags.Failed);
        if (recordedFailure || _listFailed)
        {
            // A list counts once: its entries, if any were compared, went the same way up to here.
            _compared++;
            if (recordedFailure == _listFailed)
                _sameOutcome++;
            else
                _firstDifference ??= operation.Time;
        }

        if (!recordedFailure || _listFailed)
            return;
        var request = new ServedRequest(device);
        foreach (var entry in _list)
            request.Held.Add((entry.Address, entry.Size, entry.Direction));
        Serve(operation, request);
    }

    private void Serve(in LoadOperation operation, ServedRequest request)
    {
        _recovered++;
        _served.Add(operation.Request, request);
        _releases.Enqueue(operation.Request, operation.Time + operation.Recorded);
        _nextRelease = Math.Min(_nextRelease, operation.Time + operation.Recorded);
    }

    /// <summary>The recorded success of a request that went through here earlier: it keeps what it holds, until the recorded release.</summary>
    private ulong Adopt(in LoadOperation operation, ServedRequest served, int entry)
    {
        _compared++; // it came out as recorded, if sooner
        _sameOutcome++;
        return served.Held.Count > entry && operation.Index >= 0 ? served.Held[entry].Address : Unmapped;
    }

    private void ReleaseDue(ulong time)
    {
        while (_releases.TryPeek(out long number, out ulong due) && due <= time)
        {
            _releases.Dequeue();
            if (_served.TryGetValue(number, out ServedRequest? request))
                GiveUp(request);
        }

        _nextRelease = _releases.TryPeek(out _, out ulong next) ? next : ulong.MaxValue;
    }

    private void Forget(long number)
    {
        if (_served.Remove(number, out ServedRequest? request))
            GiveUp(request);
    }

    private void GiveUp(ServedRequest request)
    {
        foreach (var (address, size, direction) in request.Held)
            _layer.UnmapPhys(request.Device, new(address), size, direction);
        request.Held.Clear();
    }

    private ulong MapResource(Device device, in LoadOperation operation)
    {
        _maps++;
        ulong address = _layer.MapResource(device, new(operation.Physical), operation.Size, operation.Direction, operation.Attributes).Value;
        if (address == Unmapped)
        {
            _lastCause = FailureCause.Registers;
            CountFailure(device, operation, operation.Is(LoadFlags.Retry));
        }

        Compare(operation, address, bounced: false);
        return address;
    }

    private void CountFailure(Device device, in LoadOperation operation, bool retry)
    {
        if (retry)
        {
            _retries++;
            return;
        }

        ref ReplayFailure? failure = ref CollectionsMarshal.GetValueRefOrAddDefault(_failures, (operation.Device, _lastCause), out _);
        failure = failure is null
            ? new ReplayFailure(device.Name, _lastCause, 1, operation.Time, operation.Size, _load.Devices[operation.Device].RestrictedPool?.Name)
            : failure with { Count = failure.Count + 1, First = Math.Min(failure.First, operation.Time), Largest = Math.Max(failure.Largest, operation.Size) };
    }

    private FailureCause CauseOf(Device device, in LoadOperation operation)
    {
        if (_layer.AllocatorOf(device) is not { } allocator)
            return FailureCause.NoPool;
        if ((operation.Attributes & (DmaAttributes.RequireCoherent | DmaAttributes.NoBounce | DmaAttributes.Shared | DmaAttributes.CcShared)) != 0
            && _layer.Kernel.Switches is { RequireCoherent: true } or { NoBounce: not Kernels.NoBounce.Unknown } or { CcShared: not Kernels.CcShared.Unknown })
            return FailureCause.Refused;
        uint minAlign = _minAlign ? device.MinAlignMask : 0;
        ulong bytes = operation.Size + (operation.Physical & minAlign & (SwiotlbConstants.SlotSize - 1));
        ulong slots = (bytes + SwiotlbConstants.SlotSize - 1) >> SwiotlbConstants.SlotShift;
        if (slots > SwiotlbConstants.SegmentSlots)
            return FailureCause.TooLong;
        if (slots > (device.SegmentBoundaryMask >> SwiotlbConstants.SlotShift) + 1)
            return FailureCause.Boundary;
        SwiotlbPool pool = allocator.DefaultPool;
        DmaAddress start = DirectRules.ToDmaUnencrypted(device, pool.Start);
        if (!DirectRules.IsCapable(device, start, operation.Size)
            || (!DirectRules.IsCapable(device, start, pool.Size) && pool.LongestFreeRun >= (int)slots))
            return FailureCause.PoolOutOfReach;
        return allocator.Slots - allocator.Used >= (long)slots ? FailureCause.NoRun : FailureCause.PoolFull;
    }

    private void Allocate(Device device, in LoadOperation operation)
    {
        _maps++;
        CurrentCpu.Id = operation.Cpu;
        DmaBuffer? buffer = _layer.AllocAttrs(device, operation.Size, GfpFlags.Kernel | GfpFlags.NoWarn, operation.Attributes);
        ulong address = buffer?.Dma.Value ?? Unmapped;
        _addresses[operation.Index] = address;
        if (buffer is not null)
        {
            _buffers[operation.Index] = buffer;
            _bounced++;
        }
        else
        {
            _lastCause = CauseOf(device, operation);
            CountFailure(device, operation, retry: false);
        }

        Compare(operation, address, bounced: buffer is not null);
    }

    private void Free(Device device, in LoadOperation operation)
    {
        if (_buffers.Remove(operation.Index, out DmaBuffer? buffer))
            _layer.FreeAttrs(device, buffer, operation.Attributes);
        _addresses[operation.Index] = Unmapped;
    }
}
