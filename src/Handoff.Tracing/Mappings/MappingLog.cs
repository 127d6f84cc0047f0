using Handoff.Ownership;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Mappings;

/// <summary>Every mapping of a recording, for those who draw or list them. Bounded: what is beyond is counted.</summary>
public sealed class MappingLog
{
    /// <summary>Mappings kept at most.</summary>
    public const int Most = 1_000_000;

    private const int MostSyncs = 200_000;

    private readonly RecordingReader _reader;
    private readonly List<MappingLife> _lives = [];
    private readonly Dictionary<(int Device, ulong Address), List<MappingSync>> _syncs = [];
    private int _keptSyncs;

    internal MappingLog(RecordingReader reader) => _reader = reader;

    /// <summary>The mappings; by <see cref="MappingLife.Start"/> once the recording has been read.</summary>
    public IReadOnlyList<MappingLife> Mappings => _lives;

    /// <summary>Mappings that were not kept, because there were more than <see cref="Most"/>.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Syncs that were not kept.</summary>
    public long SyncsLeftOut { get; private set; }

    /// <summary>Names of devices by number.</summary>
    public NameTable Devices => _reader.Devices;

    internal void Ended(in LiveMapping mapping, in MappingEvent release) => Add(mapping, (ulong)release.Time);

    internal void Synced(in LiveMapping mapping, in MappingEvent sync)
    {
        if (_keptSyncs >= MostSyncs)
        {
            SyncsLeftOut++;
            return;
        }

        _keptSyncs++;
        ref List<MappingSync>? list = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_syncs, (mapping.Device, mapping.Address.Value), out _);
        (list ??= []).Add(new MappingSync(
            (ulong)sync.Time, sync.Kind == MappingEventKind.SyncForCpu, unchecked(sync.Address.Value - mapping.Address.Value), sync.Size));
    }

    /// <summary>Adds what is still live, and sorts.</summary>
    internal MappingLog Complete(IEnumerable<LiveMapping> live)
    {
        foreach (LiveMapping mapping in live)
            Add(mapping, null);
        _syncs.Clear();
        _lives.Sort(static (a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.Address.Value.CompareTo(b.Address.Value));
        return this;
    }

    private void Add(in LiveMapping mapping, ulong? end)
    {
        _syncs.Remove((mapping.Device, mapping.Address.Value), out List<MappingSync>? syncs);
        if (_lives.Count >= Most)
        {
            LeftOut++;
            return;
        }

        int task = MappingFollower.TaskOf(mapping.Tag);
        _lives.Add(new MappingLife
        {
            Device = mapping.Device,
            Start = (ulong)mapping.Time,
            End = end,
            Address = mapping.Address,
            Original = mapping.Original,
            Size = mapping.Size,
            Direction = mapping.Direction,
            Kind = mapping.Mapping,
            Bounced = mapping.Bounced,
            Task = task > 0 && task < _reader.Tasks.Count ? _reader.Tasks[task] : "",
            Syncs = syncs is null ? [] : syncs,
        });
    }
}
