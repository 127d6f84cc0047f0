using Handoff.Ownership;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Mappings;

/// <content>How mappings begin and end.</content>
internal sealed partial class MappingFollower
{
    private const int TaskBits = 20;

    /// <summary>The task behind a tag of a live mapping.</summary>
    public static int TaskOf(int tag) => tag & ((1 << TaskBits) - 1);

    private static int TagOf(in DmaEvent e) => ((e.Cpu & 0x7ff) << TaskBits) | (e.Task & ((1 << TaskBits) - 1));

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

        Begin(buffer, TagOf(e), 0);
    }

    private void Begin(in MappedBuffer buffer, int tag, int segments)
    {
        if (_tracker.Live >= MostLive)
        {
            TooManyLive = true;
            Forget(buffer.Time);
        }

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

    private void End(in DmaEvent e, MappingKind kind) => _tracker.Process(new MappingEvent
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
    });

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
