using Handoff.Ownership;

namespace Handoff.Core.Tests.Ownership;

/// <summary>What a tracker says of sources that begin in the middle, have gaps, and show no accesses.</summary>
public sealed class RecordedSourceTests
{
    private readonly OwnershipTracker _tracker = new(OwnershipOptions.ForRecordings);
    private readonly Listener _listener = new();

    public RecordedSourceTests()
    {
        _tracker.AddDevice(new DeviceFacts("a", Coherent: true));
        _tracker.AddDevice(new DeviceFacts("b", Coherent: true));
        _tracker.Listener = _listener;
    }

    [Fact]
    public void What_was_mapped_before_is_no_finding()
    {
        _tracker.Process(MappingEvent.Unmap(0, new(0x1000), 64, DmaDirection.ToDevice));
        _tracker.Process(MappingEvent.Sync(true, 0, new(0x2000), 64, DmaDirection.FromDevice));
        Assert.Equal(0, _tracker.Total);
        Assert.Equal([MappingEventKind.Unmap, MappingEventKind.SyncForCpu], _listener.Unknowns);
    }

    [Fact]
    public void What_ended_or_lies_inside_another_mapping_is_one()
    {
        _tracker.Process(MappingEvent.Map(0, new(0x1000), new(0x1000), 64, DmaDirection.ToDevice, time: 5));
        _tracker.Process(MappingEvent.Unmap(0, new(0x1000), 64, DmaDirection.ToDevice, time: 6));
        _tracker.Process(MappingEvent.Unmap(0, new(0x1000), 64, DmaDirection.ToDevice, time: 7));
        _tracker.Process(MappingEvent.Sync(true, 0, new(0x1000), 64, DmaDirection.FromDevice, time: 8));
        _tracker.Process(MappingEvent.Map(0, new(0x8000), new(0x8000), 4096, DmaDirection.ToDevice));
        _tracker.Process(MappingEvent.Unmap(0, new(0x8010), 4096, DmaDirection.ToDevice));
        Assert.Equal(["DMA0002", "DMA0026", "DMA0003"], _tracker.Findings.Select(static f => f.Id));
        Assert.Equal([6L, 6L, null], _tracker.Findings.Select(static f => f.EndedAt));
        Assert.Empty(_listener.Unknowns);
    }

    [Fact]
    public void Nothing_is_said_across_a_gap()
    {
        _tracker.Process(MappingEvent.Map(0, new(0x1000), new(0x1000), 64, DmaDirection.FromDevice));
        _tracker.Process(MappingEvent.Sync(true, 0, new(0x1010), 16, DmaDirection.FromDevice));
        _tracker.Process(MappingEvent.Map(0, new(0x3000), new(0x3000), 64, DmaDirection.FromDevice));
        _tracker.Process(MappingEvent.Unmap(0, new(0x3000), 64, DmaDirection.FromDevice));
        _tracker.Forget();
        Assert.Equal(0, _tracker.Live);
        Assert.Empty(_tracker.LiveMappings());
        _tracker.Process(MappingEvent.Unmap(0, new(0x1000), 32, DmaDirection.ToDevice));
        _tracker.Process(MappingEvent.Unmap(0, new(0x3000), 64, DmaDirection.FromDevice));
        _tracker.Process(MappingEvent.Sync(true, 0, new(0x3000), 64, DmaDirection.FromDevice));
        Assert.Equal(0, _tracker.Total);
        Assert.Equal(3, _listener.Unknowns.Count);

        // and it follows on as if new
        _tracker.Process(MappingEvent.Map(0, new(0x1000), new(0x1000), 64, DmaDirection.FromDevice));
        _tracker.Process(MappingEvent.Unmap(0, new(0x1000), 32, DmaDirection.FromDevice));
        Assert.Equal("DMA0005", Assert.Single(_tracker.Findings).Id);
    }

    [Fact]
    public void Memory_allocated_again_was_freed_unseen()
    {
        MappingEvent map = MappingEvent.Map(0, new(0x1000), PhysicalAddress.Invalid, 4096, DmaDirection.Bidirectional) with { Mapping = MappingKind.Coherent, Tag = 3 };
        _tracker.Process(map);
        _tracker.Process(map with { Tag = 4 });
        Assert.Equal(1, _tracker.Live);
        Assert.Equal((3, MappingEventKind.Map), Assert.Single(_listener.Ends));
        Assert.Equal(4, Assert.Single(_tracker.LiveMappings()).Tag);
        Assert.Equal(0, _tracker.Total);
    }

    [Fact]
    public void Listener_hears_of_ends_and_syncs()
    {
        _tracker.Process(MappingEvent.Map(1, new(0x1000), new(0x9000), 64, DmaDirection.FromDevice, bounced: true, time: 11) with { Tag = 7 });
        _tracker.Process(MappingEvent.Sync(true, 1, new(0x1000), 64, DmaDirection.FromDevice));
        _tracker.Process(MappingEvent.Unmap(1, new(0x1000), 64, DmaDirection.FromDevice));
        Assert.Equal((7, MappingEventKind.Unmap), Assert.Single(_listener.Ends));
        LiveMapping synced = Assert.Single(_listener.Syncs);
        Assert.Equal((1, 0x9000UL, 64UL, true, 11L, 7), (synced.Device, synced.Original.Value, synced.Size, synced.Bounced, synced.Time, synced.Tag));
    }

    [Fact]
    public void Skipped_copy_of_a_bounced_mapping_is_seen_even_where_syncs_may_be_hidden()
    {
        int c = _tracker.AddDevice(new DeviceFacts("c", Coherent: true, SyncsVisible: false));
        foreach (bool bounced in (bool[])[false, true])
        {
            _tracker.Process(MappingEvent.Map(c, new(0x1000), new(0x9000), 64, DmaDirection.FromDevice, DmaAttributes.SkipCpuSync, bounced));
            _tracker.Process(MappingEvent.Unmap(c, new(0x1000), 64, DmaDirection.FromDevice, DmaAttributes.SkipCpuSync));
        }

        Assert.Equal("DMA0051", Assert.Single(_tracker.Findings).Id); // the first bounce makes them visible
    }

    [Fact]
    public void Overlap_names_the_other_mapping()
    {
        _tracker.Process(MappingEvent.Map(0, new(0x1000), new(0x9000), 64, DmaDirection.FromDevice, bounced: true, time: 1));
        _tracker.Process(MappingEvent.Map(1, new(0x2000), new(0x9000), 64, DmaDirection.FromDevice, bounced: true, time: 2));
        Finding overlap = Assert.Single(_tracker.Findings);
        Assert.Equal(("DMA0040", "b", 2L), (overlap.Id, overlap.Device, overlap.Time));
        Assert.Equal((0, 0x1000UL), (overlap.Other!.Value.Device, overlap.Other.Value.Address.Value));
    }

    private sealed class Listener : IMappingListener
    {
        public List<(int Tag, MappingEventKind By)> Ends { get; } = [];

        public List<LiveMapping> Syncs { get; } = [];

        public List<MappingEventKind> Unknowns { get; } = [];

        public void Ended(in LiveMapping mapping, in MappingEvent release) => Ends.Add((mapping.Tag, release.Kind));

        public void Synced(in LiveMapping mapping, in MappingEvent sync) => Syncs.Add(mapping);

        public void Unknown(in MappingEvent e) => Unknowns.Add(e.Kind);
    }
}
