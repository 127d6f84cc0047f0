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

        if (_early.IsEmpty || !_early.Take(e.Device, e.DmaAddress.Value, false, e.Time, e.Cpu, e.Size, out EarlyReleases.Release early))
        {
            Begin(buffer, TagOf(e), 0);
            return;
        }

        // The release may have been this mapping's, and is logged before it because clocks differ. A second release that nothing else
        // explains surely was; one of something never seen may have been of a mapping from before the recording.
        _earlyReleases++;
        Begin(buffer, TagOf(e) | Doubtful, 0);
        if (early.IsSecond && early.Direction == e.Direction)
            _tracker.Process(MappingEvent.Unmap(e.Device, e.DmaAddress, early.Size, early.Direction, early.Attributes, (long)e.Time) with { Mapping = early.Kind });
    }

    private void NoteEarly(in MappingEvent e, bool isSecond)
    {
        _unknownReleases++;
        _early.Add(e.Device, e.Address.Value, false, new EarlyReleases.Release((ulong)e.Time, Cpu, e.Size, e.Direction, e.Attributes, e.Mapping, isSecond));
    }

    private void Begin(in MappedBuffer buffer, int tag, int segments)
    {
        if (_tracker.Live >= MostLive)
        {
            TooManyLive = true;
            Forget(buffer.Time, buffer.Time);
        }

        if (_swapped.Count > 0)
            _swapped.Remove((buffer.Device, buffer.Address.Value));
        _sink.Mapped(buffer);
        _tracker.Process(new MappingEvent
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
        });
    }

    private void End(in DmaEvent e, MappingKind kind)
    {
        if (!_replaced.IsEmpty && kind == MappingKind.Coherent && _replaced.Take(e.Device, e.DmaAddress.Value, false, e.Time, e.Cpu, e.Size, out _))
            return; // of the one before, which was taken to be freed unseen
        if (_swapped.Count > 0 && kind == MappingKind.Coherent && _swapped.TryGetValue((e.Device, e.DmaAddress.Value), out ulong size) && size == e.Size)
        {
            _swapped.Remove((e.Device, e.DmaAddress.Value));
            return; // of the one that was logged before the other, and made after it
        }

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
        _tracker.Process(release);
        if (!_foundDouble)
            return;
        _foundDouble = false;
        NoteEarly(release, isSecond: true);
    }

    private void Allocate(in DmaEvent e)
    {
        MappedBuffer buffer = BufferOf(e, e.Kind == DmaEventKind.Alloc ? MappingKind.Coherent : MappingKind.Noncoherent);
        buffer.Original = e.Kind == DmaEventKind.AllocSgt && e.PhysicalAddresses.Length == 1 ? e.PhysicalAddresses[0].Value : ulong.MaxValue;

        // The address of a failed allocation is whatever was there before; only the pointer tells.
        if (e.Kind == DmaEventKind.AllocSgtErr || (e.Kind != DmaEventKind.AllocSgt && e.VirtualAddress.Value == 0))
        {
            buffer.Address = DmaAddress.MappingError;
            _sink.Failed(buffer, 0, 0);
            return;
        }

        Begin(buffer, TagOf(e), 0);
    }
}
