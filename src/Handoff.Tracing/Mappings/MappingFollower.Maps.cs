using System.Runtime.CompilerServices;
using Handoff.Ownership;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Mappings;

/// <content>How mappings begin and end.</content>
internal sealed partial class MappingFollower
{
    private const int TaskBits = 20;
    private const int Doubtful = int.MinValue; // in a tag: may have ended already

    /// <summary>Whether a live mapping may have ended already, on a processor whose clock is ahead.</summary>
    public static bool IsDoubtful(int tag) => (tag & Doubtful) != 0;

    /// <summary>The task behind a tag of a live mapping.</summary>
    public static int TaskOf(int tag) => tag & ((1 << TaskBits) - 1);

    /// <summary>Bits of a processor's number that a tag keeps.</summary>
    public const int CpuMask = 0x7ff;

    /// <summary>The processor behind a tag of a live mapping.</summary>
    public static int CpuOf(int tag) => (tag >> TaskBits) & CpuMask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int TagOf(in DmaEvent e) => ((e.Cpu & CpuMask) << TaskBits) | (e.Task & ((1 << TaskBits) - 1));

    private static MappedBuffer BufferOf(in DmaEvent e, MappingKind kind) => new()
    {
        Device = e.Device,
        Kind = kind,
        Direction = e.Direction,
        HasDirection = e.HasDirection,
        Address = e.DmaAddress,
        Original = e.PhysicalAddress.Value,
        Size = e.Size,
        Attributes = e.Attributes,
        Time = e.Time,
        Cpu = e.Cpu,
        Pid = e.Pid,
        Task = e.Task,
        AttemptTime = e.Time,
        Cost = -1,
    };

    private static void Join(ref MappedBuffer buffer, in BounceAttempt attempt)
    {
        buffer.Bounced = true;
        buffer.Forced = attempt.Forced;
        buffer.Mask = attempt.Mask;
        buffer.BouncedAddress = attempt.Address;
        buffer.AttemptTime = attempt.Time;
        buffer.Used = attempt.Used;
        buffer.Cost = attempt.Cpu == buffer.Cpu && attempt.Time <= buffer.Time ? (long)(buffer.Time - attempt.Time) : -1;
    }

    private void MapOne(in DmaEvent e)
    {
        MappingKind kind = e.Kind == DmaEventKind.MapResource || IsMmio(e) ? MappingKind.Resource : MappingKind.Single;
        MappedBuffer buffer = BufferOf(e, kind);
        if (kind == MappingKind.Single && _attempts.Take(e, out BounceAttempt attempt))
            Join(ref buffer, attempt);
        if (!e.DmaAddress.IsMapped)
        {
            _sink.Failed(buffer, buffer.Bounced ? buffer.Used : 0, 0);
            return;
        }

        BeginEarly(buffer, e);
    }

    /// <summary>
    /// Begins a mapping whose release may have been logged before it, because clocks differ. A release of what was mapped before surely was this one's; one
    /// of something never seen may have been of a mapping from before the recording.
    /// </summary>
    private void BeginEarly(in MappedBuffer buffer, in DmaEvent e)
    {
        EarlyReleases.Release? release = _early.IsEmpty ? null : _early.Take(e.Device, e.DmaAddress.Value, e.Cpu, EventOf(buffer, 0, 0), default);
        Begin(buffer, TagOf(e) | (release is { IsSeen: false } ? Doubtful : 0), 0);
        if (release is null)
            return;
        if (release.IsSeen)
        {
            Cpu = release.Cpu; // it was not the map's that ended it
            _tracker.EndFitting(release.Event with { Time = (long)e.Time });
            Cpu = e.Cpu;
        }
        else
        {
            NoteEndedBy((e.Device, e.DmaAddress.Value, false), release);
        }
    }

    private void Begin(in MappedBuffer buffer, int tag, int segments)
    {
        if (_tracker.Live >= MostLive)
        {
            TooManyLive = true;
            Forget(buffer.Time, buffer.Time);
        }

        if (_doubtful.Count > 0 && buffer.Bounced)
            EndDoubtful(buffer);
        if ((tag & Doubtful) != 0 && _doubtful.Count < MostDoubtful)
            _doubtful.Add((buffer.Device, buffer.Address.Value));
        _sink.Mapped(buffer);
        _tracker.Process(EventOf(buffer, tag, segments));
    }

    private static MappingEvent EventOf(in MappedBuffer buffer, int tag, int segments) => new()
    {
        Kind = MappingEventKind.Map,
        Mapping = buffer.Kind,
        Direction = buffer.Direction,
        Bounced = buffer.Bounced,
        Device = buffer.Device,
        ListEntries = buffer.ListEntries,
        ListIndex = buffer.ListIndex,
        ListSegments = segments,
        Address = buffer.Address,
        Original = new(buffer.Original),
        Size = buffer.Size,
        Attributes = buffer.Attributes,
        Time = (long)buffer.Time,
        Tag = tag,
    };

    /// <summary>A slot is not given out twice: what may have ended in it already has ended.</summary>
    private void EndDoubtful(in MappedBuffer buffer)
    {
        if (!_doubtful.Remove((buffer.Device, buffer.Address.Value)))
            return;
        foreach (LiveMapping old in _tracker.MappingsAt(buffer.Device, buffer.Address))
        {
            if (IsDoubtful(old.Tag) && old.Bounced)
                _tracker.EndFitting(MappingEvent.Unmap(old.Device, old.Address, old.Size, old.Direction, old.Attributes, (long)buffer.Time) with { Mapping = old.Mapping });
        }
    }

    private void End(in DmaEvent e, MappingKind kind)
    {
        var release = new MappingEvent
        {
            Kind = MappingEventKind.Unmap,
            Mapping = kind,
            Direction = e.Direction,
            Device = e.Device,
            Address = e.DmaAddress,
            Original = PhysicalAddress.Invalid,
            Size = e.Size,
            Attributes = e.Attributes,
            Time = (long)e.Time,
        };
        if (!e.DmaAddress.IsMapped)
        {
            _tracker.Process(release);
            return;
        }

        if (_tracker.EndFitting(release))
        {
            if (_endedBy.Count > 0)
                PutBack((e.Device, e.DmaAddress.Value, false), e.Time);
            return;
        }

        bool isSeen = _tracker.IsMapped(e.Device, e.DmaAddress) || _tracker.WasReleased(e.Device, e.DmaAddress);
        if (!isSeen)
            _tracker.Process(release); // nothing is going to be ended by it
        _early.Add(Waiting(release, e, null, isSeen));
    }

    /// <summary>Whether something was released there that does not fit what is mapped, and that is not judged yet.</summary>
    public bool IsReleaseWaiting(int device, DmaAddress address) => _early.IsWaiting(device, address);

    private void NoteEndedBy((int Device, ulong Address, bool IsList) key, EarlyReleases.Release release)
    {
        if (_endedBy.Count >= MostEndedBy)
            _endedBy.Clear();
        _endedBy[key] = release;
    }

    /// <summary>What an early release may have ended is released: the early one may belong to a map that is still to come.</summary>
    private void PutBack((int Device, ulong Address, bool IsList) key, ulong now)
    {
        if (_endedBy.Remove(key, out EarlyReleases.Release? release))
            _early.PutBack(release, now);
    }

    private EarlyReleases.Release Waiting(in MappingEvent release, in DmaEvent e, PhysicalAddress[]? buffers, bool isSeen) => new()
    {
        Event = release,
        Buffers = buffers,
        Cpu = e.Cpu,
        Pid = e.Pid,
        Task = e.Task,
        IsSeen = isSeen,
        IsDisturbed = buffers is null && Ends.Elsewhere(release.Device, release.Address.Value, e.Cpu) is > 0 and var at && at + EarlyReleases.MostDisorder >= e.Time,
    };

    /// <summary>Releases for which no map came in time are what they seem: of the wrong thing, or of something from before the recording.</summary>
    private void Settle(ulong now)
    {
        (int Cpu, int Pid, int Task) current = (Cpu, Pid, Task);
        while (_early.Next(now) is { } release)
        {
            (Cpu, Pid, Task) = (release.Cpu, release.Pid, release.Task);
            Settling = release;
            if (release.Buffers is not null)
                UnmapOtherList(release);
            else if (release.IsSeen)
                _tracker.Process(release.Event);
        }

        Settling = null;
        EndUnseenFrees(now);
        (Cpu, Pid, Task) = current;
    }

    /// <summary>
    /// The same memory cannot be allocated twice: if no free of one of both came in time, there was one that recordings do not show, as of memory of per-device pools.
    /// </summary>
    private void EndUnseenFrees(ulong now)
    {
        while (_allocatedTwice.TryPeek(out (int Device, DmaAddress Address, ulong Time) again) && now > again.Time + EarlyReleases.MostDisorder)
        {
            _allocatedTwice.Dequeue();
            foreach (LiveMapping old in _tracker.MappingsAt(again.Device, again.Address).Where(m => m.Mapping == MappingKind.Coherent && m.Time <= (long)again.Time).OrderBy(static m => IsDoubtful(m.Tag)).Skip(1))
                _tracker.EndFitting(MappingEvent.Unmap(old.Device, old.Address, old.Size, old.Direction, old.Attributes, (long)again.Time) with { Mapping = MappingKind.Coherent });
        }
    }

    private void Allocate(in DmaEvent e)
    {
        MappedBuffer buffer = BufferOf(e, e.Kind == DmaEventKind.Alloc ? MappingKind.Coherent : MappingKind.Noncoherent);
        buffer.Original = e.Kind == DmaEventKind.AllocSgt && e.PhysicalAddresses.Length == 1 ? e.PhysicalAddresses[0].Value : ulong.MaxValue;

        // The address of a failed allocation is whatever was there before; only the pointer tells.
        if (e.Kind == DmaEventKind.AllocSgtErr || (e.Kind != DmaEventKind.AllocSgt && e.VirtualAddress.Value == 0))
        {
            buffer.Address = DmaAddress.MappingError;
            buffer.Wait = WaitOf(e);
            _sink.Failed(buffer, 0, 0);
            return;
        }

        if (buffer.Kind == MappingKind.Coherent && _tracker.IsMapped(e.Device, e.DmaAddress))
            _allocatedTwice.Enqueue((e.Device, e.DmaAddress, e.Time));
        BeginEarly(buffer, e);
    }

    /// <summary>What an allocation's flags say, in text by name.</summary>
    private static AllocationWait WaitOf(in DmaEvent e)
    {
        uint flags = e.GfpFlags != 0 ? e.GfpFlags : GfpNames.Parse(e.Text);
        return flags == 0 ? AllocationWait.Unknown : (flags & GfpNames.DirectReclaim) != 0 ? AllocationWait.May : AllocationWait.MayNot;
    }
}
