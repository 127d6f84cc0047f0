using Handoff.Ownership;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Mappings;

/// <content>Scatterlists.</content>
internal sealed partial class MappingFollower
{
    /// <summary>Entries that the map event of a long list names; its sync events name all.</summary>
    private const int MostNamed = 128;

    private void MapList(in DmaEvent e)
    {
        _attempts.TakeList(e, _found, _foundEntries);
        _lists.Add(e);
        ReadOnlySpan<PhysicalAddress> buffers = e.PhysicalAddresses;
        ReadOnlySpan<DmaAddress> addresses = e.DmaAddresses;
        ReadOnlySpan<uint> lengths = e.Lengths;
        int segments = Math.Min(addresses.Length, lengths.Length), entries = Math.Max(e.FullNents, buffers.Length);
        int all = Math.Max(e.FullEnts, segments);
        bool merged = all != entries; // by an IOMMU: segments and buffers are not the same then
        bool mayHaveEnded = !_early.IsEmpty && !buffers.IsEmpty && _early.Take(e.Device, buffers[0].Value, true, e.Time, e.Cpu, (ulong)entries, out _);
        if (mayHaveEnded)
            _earlyReleases++;
        int tag = TagOf(e) | (mayHaveEnded ? Doubtful : 0), next = 0;
        long cost = -1;
        MappedBuffer buffer = BufferOf(e, MappingKind.Sg);
        buffer.ListEntries = entries;
        for (int i = 0; i < segments; i++)
        {
            buffer.ListIndex = i;
            buffer.Address = addresses[i];
            buffer.Size = lengths[i];
            buffer.Original = merged || i >= buffers.Length ? ulong.MaxValue : buffers[i].Value;
            buffer.Bounced = false;
            buffer.Cost = -1;
            buffer.AttemptTime = e.Time;
            if (!merged && next < _found.Count && _foundEntries[next] == i)
            {
                Join(ref buffer, _found[next]);
                if (next++ == 0)
                    cost = buffer.Cost;
                else
                    buffer.Cost = Math.Min(cost, 0); // that of the whole call is told once
            }

            if (buffer.Address.IsMapped)
                Begin(buffer, tag, all);
        }
    }

    private void UnmapList(in DmaEvent e)
    {
        ReadOnlySpan<PhysicalAddress> buffers = e.PhysicalAddresses;
        LiveList? list = _lists.Take(e.Device, buffers, out bool exact);
        if (list is null)
        {
            UnknownListUnmaps++;
            if (!buffers.IsEmpty)
                _early.Add(e.Device, buffers[0].Value, true, new EarlyReleases.Release(e.Time, e.Cpu, (ulong)buffers.Length, e.Direction, e.Attributes, MappingKind.Sg, IsSecond: false));
            return;
        }

        int entries = buffers.Length, segments = list.SegmentCount;
        if (!exact)
        {
            InexactListUnmaps++;
            segments = Math.Min(segments, Math.Max(entries, 1));
        }

        for (int i = 0; i < segments; i++)
        {
            if (list.Addresses[i] == ulong.MaxValue)
                continue;
            _tracker.Process(new MappingEvent
            {
                Kind = MappingEventKind.Unmap,
                Mapping = MappingKind.Sg,
                Direction = e.Direction,
                Device = e.Device,
                ListEntries = exact ? list.FullEntries : entries,
                ListIndex = i,
                Address = new(list.Addresses[i]),
                Original = PhysicalAddress.Invalid,
                Size = list.Lengths[i],
                Attributes = e.Attributes,
                Time = (long)e.Time,
            });
        }

        _lists.Return(list);
    }

    private void SyncList(in DmaEvent e)
    {
        bool forCpu = e.Kind == DmaEventKind.SyncSgForCpu;
        ReadOnlySpan<DmaAddress> addresses = e.DmaAddresses;
        ReadOnlySpan<uint> lengths = e.Lengths;
        int entries = addresses.Length, named = Math.Min(entries, lengths.Length);
        if (_lists.HasUnnamedSegments(e.Device))
            named = Math.Min(named, MostNamed);
        for (int i = 0; i < named; i++)
        {
            if (lengths[i] == 0 || !addresses[i].IsMapped)
                continue; // the rest of a list that an IOMMU merged
            _tracker.Process(MappingEvent.Sync(forCpu, e.Device, addresses[i], lengths[i], e.Direction, (long)e.Time) with
            {
                Mapping = MappingKind.Sg,
                ListEntries = entries,
                ListIndex = i,
            });
        }
    }

    private void FailList(in DmaEvent e)
    {
        _attempts.TakeList(e, _found, _foundEntries);
        MappedBuffer buffer = BufferOf(e, MappingKind.Sg);
        buffer.Address = DmaAddress.MappingError;
        buffer.ListEntries = e.PhysicalAddresses.Length;
        buffer.Original = e.PhysicalAddresses.IsEmpty ? ulong.MaxValue : e.PhysicalAddresses[0].Value;
        if (_found.Count > 0)
        {
            buffer.Size = _found[^1].Size;
            Join(ref buffer, _found[^1]);
        }

        _sink.Failed(buffer, buffer.Used, 0);
    }
}
