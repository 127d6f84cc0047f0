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
        ReadOnlySpan<PhysicalAddress> buffers = e.PhysicalAddresses;
        ReadOnlySpan<DmaAddress> addresses = e.DmaAddresses;
        ReadOnlySpan<uint> lengths = e.Lengths;
        int segments = Math.Min(addresses.Length, lengths.Length), entries = Math.Max(e.FullNents, buffers.Length);
        int all = Math.Max(e.FullEnts, segments);
        bool merged = all != entries; // by an IOMMU: segments and buffers are not the same then
        long cost = -1;
        MappedBuffer buffer = BufferOf(e, MappingKind.Sg);
        buffer.ListEntries = entries;
        EarlyReleases.Release? release = _early.IsEmpty || buffers.IsEmpty ? null : _early.Take(e.Device, buffers[0].Value, e.Cpu, EventOf(buffer, 0, 0), buffers);
        bool hasEnded = release is not null && (release.IsSeen || (segments > 0 && _tracker.WasReleased(e.Device, addresses[0])));
        _lists.Add(e, mayHaveEnded: release is not null && !hasEnded);
        int tag = TagOf(e) | (release is null || hasEnded ? 0 : Doubtful), next = 0;
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

        if (hasEnded)
        {
            Cpu = release!.Cpu; // it was not the map's that ended it
            Release(_lists.Take(e.Device, release.Buffers, ListMatch.Exact, e.Direction, e.Attributes, e.Time, release.Cpu)!, release.Event with { Time = (long)e.Time }, entries);
            Cpu = e.Cpu;
        }
        else if (release is not null)
        {
            NoteEndedBy((e.Device, buffers[0].Value, true), release);
        }
    }

    private void UnmapList(in DmaEvent e)
    {
        ReadOnlySpan<PhysicalAddress> buffers = e.PhysicalAddresses;
        var release = new MappingEvent
        {
            Kind = MappingEventKind.Unmap,
            Mapping = MappingKind.Sg,
            Direction = e.Direction,
            Device = e.Device,
            ListEntries = buffers.Length,
            Original = PhysicalAddress.Invalid,
            Attributes = e.Attributes,
            Time = (long)e.Time,
        };
        if (buffers.IsEmpty)
            UnknownListUnmaps++;
        else if (_lists.Take(e.Device, buffers, ListMatch.Exact, e.Direction, e.Attributes, e.Time, e.Cpu) is { } list)
            ReleaseFitting(list, release, buffers[0], e.Time);
        else
            _early.Add(Waiting(release, e, buffers.ToArray(), _lists.Has(e.Device, buffers[0])));
    }

    /// <summary>A list unmap that fits no list, though one that begins alike may be mapped.</summary>
    private void UnmapOtherList(EarlyReleases.Release release)
    {
        MappingEvent e = release.Event;
        LiveList? list = _lists.Take(e.Device, release.Buffers, ListMatch.SameBuffers, e.Direction, e.Attributes, (ulong)e.Time, release.Cpu);
        if (list is not null)
        {
            Release(list, e, list.FullEntries);
            return;
        }

        list = _lists.Take(e.Device, release.Buffers, ListMatch.BeginsAlike, e.Direction, e.Attributes, (ulong)e.Time, release.Cpu);
        if (list is null)
        {
            UnknownListUnmaps++;
            if (release.Buffers is [PhysicalAddress only] && _tracker.SingleOf(e.Device, only) is { } single && single.Direction == e.Direction && !IsDoubtful(single.Tag))
            {
                Found(new Finding(FindingRules.WrongKind, _tracker.Devices[e.Device].Name, e.Time, single.Address, single.Original, single.Size, single.Time, $"{single.Address} was made as a single map and is ended as a list")
                { DeviceNumber = e.Device, Tag = single.Tag, Other = single });
            }

            return;
        }

        InexactListUnmaps++;
        list.SegmentCount = Math.Min(list.SegmentCount, Math.Max(release.Buffers!.Length, 1));
        Release(list, e, release.Buffers.Length);
    }

    private void ReleaseFitting(LiveList list, in MappingEvent release, PhysicalAddress first, ulong time)
    {
        Release(list, release, list.FullEntries);
        if (_endedBy.Count > 0)
            PutBack((release.Device, first.Value, true), time);
    }

    private void Release(LiveList list, in MappingEvent e, int entries)
    {
        for (int i = 0; i < list.SegmentCount; i++)
        {
            if (list.Addresses[i] == ulong.MaxValue)
                continue;
            _tracker.Process(e with { ListEntries = entries, ListIndex = i, Address = new(list.Addresses[i]), Size = list.Lengths[i] });
        }

        _lists.Return(list);
    }

    private void SyncList(in DmaEvent e)
    {
        bool forCpu = e.Kind == DmaEventKind.SyncSgForCpu;
        ReadOnlySpan<DmaAddress> addresses = e.DmaAddresses;
        ReadOnlySpan<uint> lengths = e.Lengths;
        int entries = addresses.Length, named = Math.Min(Math.Min(entries, lengths.Length), MostNamed);
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
