using System.Runtime.InteropServices;
using Handoff.Ownership;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Export;

/// <summary>Writes one recording into the tables of a dataset while it is analysed once. Memory follows the live mappings, not the recording.</summary>
internal sealed class RecordingExport : TraceTap, IDisposable
{
    private readonly RecordingReader _reader;
    private readonly EventTable _events;
    private readonly EntryTable _entries;
    private readonly MappingTable _mappings;
    private readonly FindingTable _findings;
    private readonly PoolTable _pools;
    private readonly RecordingTable _recordings;
    private readonly Dictionary<MappingKey, MappingStart> _starts = []; // of live mappings
    private long _next; // number of the next event

    internal RecordingExport(RecordingReader reader, string name)
    {
        _reader = reader;
        _events = new EventTable(name);
        _entries = new EntryTable(name);
        _mappings = new MappingTable(name, reader);
        _findings = new FindingTable(name);
        _pools = new PoolTable(name);
        _recordings = new RecordingTable(name);
    }

    /// <summary>All tables, in the order in which they are described.</summary>
    internal IReadOnlyList<ExportTable> Tables => [_recordings, _events, _entries, _mappings, _findings, _pools];

    /// <summary>Analyses the recording and writes every table's file.</summary>
    /// <param name="facts">Facts about the machine, or <see langword="null"/>.</param>
    /// <param name="day">When it was recorded, if known.</param>
    /// <param name="pathOf">Where the file of a table goes.</param>
    /// <param name="exporter">Who exports.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Ends it early; the files are then not complete.</param>
    internal TraceAnalysis Run(MachineFacts? facts, DateOnly? day, Func<string, string> pathOf, string exporter, Action<double>? progress, CancellationToken cancellation)
    {
        _mappings.Facts = facts;
        foreach (ExportTable table in Tables)
            table.Open(pathOf(table.Name), exporter);
        TraceAnalysis analysis = TraceAnalyzer.Analyze(_reader, facts, progress, false, this, cancellation);
        if (analysis.IsInterrupted)
            return analysis;
        int rank = 0;
        foreach (TraceFinding finding in TraceFindings.Find(analysis, null))
            _findings.Add(finding, ++rank);
        MappingStatistics statistics = analysis.Statistics;
        foreach (BouncePool pool in statistics.Pools)
            _pools.Add(pool, statistics.Clock);
        foreach (DeviceStatistics device in statistics.Devices.Where(static device => device.Slots.Peak > 0))
            _pools.Add(device, statistics.Clock);
        _recordings.Add(analysis, day, exporter);
        foreach (ExportTable table in Tables)
            table.Close();
        return analysis;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ExportTable table in Tables)
            table.Dispose();
    }

    internal override void Read(in DmaEvent e)
    {
        if (e.Kind == DmaEventKind.LostEvents)
        {
            _events.Add(_reader, e, _next++);
            return;
        }

        _events.Add(_reader, e, _next);
        _entries.Add(e, _next++);
    }

    internal override void Mapped(in MappedBuffer buffer)
    {
        BouncePredicate predicate = buffer.Bounced ? Statistics.Attribution.PredicateOf(Statistics.DeviceOf(buffer.Device), buffer) : default;
        ref MappingStart start = ref CollectionsMarshal.GetValueRefOrAddDefault(_starts, new MappingKey(buffer.Device, buffer.Address.Value, (long)buffer.Time), out bool exists);
        start = exists ? start with { More = start.More + 1 } : new MappingStart(buffer.ListIndex, predicate, 0);
    }

    internal override void Failed(in MappedBuffer buffer)
    {
        DeviceStatistics device = Statistics.DeviceOf(buffer.Device);
        _mappings.AddFailed(buffer, device.Name, buffer.Bounced ? Statistics.Attribution.PredicateOf(device, buffer) : null);
    }

    internal override void Ended(in LiveMapping mapping, in MappingEvent release) =>
        Add(mapping, release.Kind == MappingEventKind.Map ? MappingState.Lost : MappingState.Released, release.Kind == MappingEventKind.Map ? null : release.Time);

    internal override void Forgetting(IEnumerable<LiveMapping> live)
    {
        foreach (LiveMapping mapping in live)
            Add(mapping, MappingState.Lost, null);
        _starts.Clear();
    }

    internal override void Complete(IEnumerable<LiveMapping> live)
    {
        foreach (LiveMapping mapping in live)
            Add(mapping, MappingState.Live, null);
    }

    private void Add(in LiveMapping mapping, MappingState state, long? end)
    {
        var each = new MappingKey(mapping.Device, mapping.Address.Value, mapping.Time);
        if (_starts.Remove(each, out MappingStart start) && start.More > 0)
        {
            // Of a list that has a buffer twice, its places are told in order.
            _starts[each] = start with { ListIndex = start.ListIndex + 1, More = start.More - 1 };
        }

        _mappings.Add(mapping, Statistics.DeviceOf(mapping.Device).Name, state, end, start);
    }
}
