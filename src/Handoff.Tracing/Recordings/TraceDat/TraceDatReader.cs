using Handoff.Tracing.Recordings.Formats;
using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>Reads trace-cmd's trace.dat, versions 6 and 7: all buffers, all CPUs, merged by time.</summary>
internal sealed class TraceDatReader : RecordingReader
{
    private readonly ByteSource _source;
    private readonly TraceDatFile _file;
    private readonly EventAssembler _assembler;
    private readonly CpuStream[] _streams;
    private readonly int[] _heap; // indices of streams that hold a current record, the earliest first
    private int _heapCount;
    private bool _advanceTop; // the top's record has been handed out
    private ulong _othersTime = ulong.MaxValue; // of the earliest record of the streams that are not the top
    private bool _started;
    private ulong _noteTime; // of the latest note about lost events
    private long _eventsAtNote; // events read before it
    private CutNotes? _cut; // what is missing at the end of CPUs' data

    internal TraceDatReader(ByteSource source, DiagnosticBag diagnostics)
        : base(diagnostics)
    {
        _source = source;
        _file = new TraceDatFile(this, source);
        _file.Open();
        _assembler = new EventAssembler(this, _file.Metadata, Header.IsBigEndian);
        _streams = [.. _file.Streams];
        _heap = new int[_streams.Length];
        if (_streams.Length == 0)
            Bag.Warning("HT0105", -1, "the file has no events: no CPU data was found", "if trace-cmd record did not end properly, trace-cmd restore makes a recording of the files trace.dat.cpu0 and on that it left");
    }

    /// <summary>Where the recording's text begins when it is a latency trace, otherwise -1.</summary>
    internal long TextOffset => _file.TextOffset;

    internal bool HasStreams => _streams.Length > 0;

    internal override Formats.RecordingMetadata BinaryMetadata => _file.Metadata;

    internal override ReadOnlySpan<byte> RawRecord => _advanceTop && !_streams[_heap[0]].IsLostNote ? _streams[_heap[0]].Record : default;

    public override double Progress
    {
        get
        {
            long left = 0;
            foreach (var s in _streams)
                left += s.BytesLeft;
            return _file.DataBytes == 0 ? 1 : 1 - (double)left / _file.DataBytes;
        }
    }

    public override bool Read(ref DmaEvent e)
    {
        if (!_started)
            Start();
        if (_advanceTop)
        {
            _advanceTop = false;
            var top = _streams[_heap[0]];
            if (!top.MoveNext())
            {
                RemoveTop();
                if (top.IsCut)
                    (_cut ??= new CutNotes()).Add(top.Statistics);
            }
            else if (top.Time >= _othersTime)
                SiftDown();
        }

        if (_cut is not null && NoteCut(_cut, ref e))
            return true;
        if (_heapCount == 0)
            return false;
        var stream = _streams[_heap[0]];
        var statistics = stream.Statistics;
        e.Cpu = statistics.Cpu;
        e.Instance = statistics.Instance;
        e.Time = _file.ToNanoseconds(stream.Time);
        _advanceTop = true;
        if (stream.IsLostNote)
        {
            _noteTime = e.Time;
            statistics.LostNotes++;
            statistics.Lost += stream.LostCount;
            _assembler.Lost(ref e, stream.LostCount);
            if (stream.IsEndNote)
                NoteEnd(statistics, ref e);
            return true;
        }

        if (statistics.Events++ == 0)
            statistics.FirstTime = e.Time;
        statistics.LastTime = e.Time;
        _assembler.Assemble(stream.Record, stream.RecordOffset, ref e);
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Start()
    {
        _started = true;
        foreach (var cpu in _file.Missing)
            (_cut ??= new CutNotes()).Add(cpu);
        for (var i = 0; i < _streams.Length; i++)
        {
            if (!_streams[i].MoveNext())
            {
                if (_streams[i].IsCut)
                    (_cut ??= new CutNotes()).Add(_streams[i].Statistics);
                continue;
            }

            var at = _heapCount++;
            _heap[at] = i;
            while (at > 0 && Before(_heap[at], _heap[(at - 1) / 2]))
            {
                (_heap[at], _heap[(at - 1) / 2]) = (_heap[(at - 1) / 2], _heap[at]);
                at = (at - 1) / 2;
            }
        }

        NoteOthers();
    }

    private bool NoteCut(CutNotes notes, ref DmaEvent e)
    {
        if ((_heapCount == 0 && Statistics.Events == 0) || !notes.Next(_heapCount > 0, out var cpu, out var toEnd))
            return false;
        cpu.LostNotes++;
        e.Cpu = cpu.Cpu;
        e.Instance = cpu.Instance;
        if (Statistics.Events != _eventsAtNote)
        {
            _eventsAtNote = Statistics.Events;
            _noteTime = Math.Max(_noteTime, Statistics.Cpus.Max(static c => c.LastTime));
        }

        e.Time = Statistics.Events == 0 ? _file.ToNanoseconds(_streams[_heap[0]].Time) : _noteTime;
        _assembler.Lost(ref e, 0);
        if (toEnd)
            e.Flags |= EventFlags.LostToEnd;
        return true;
    }

    /// <summary>The note of a copy: it stands where that of the recording stood.</summary>
    private void NoteEnd(CpuStatistics cpu, ref DmaEvent e)
    {
        e.Flags |= EventFlags.LostToEnd;
        if (_othersTime == ulong.MaxValue)
            return; // no other CPU has more
        if (Statistics.Events == 0)
            e.Time = _noteTime = _file.ToNanoseconds(_othersTime);
        (_cut ??= new CutNotes()).AddTold(cpu);
    }

    private bool Before(int a, int b)
    {
        var left = _streams[a].Time;
        var right = _streams[b].Time;
        if (left == right && _streams[a].IsEndNote != _streams[b].IsEndNote)
            return _streams[b].IsEndNote; // behind the events that had been read
        return left < right || (left == right && a < b);
    }

    private void RemoveTop()
    {
        _heap[0] = _heap[--_heapCount];
        SiftDown();
    }

    private void SiftDown()
    {
        Sift();
        NoteOthers();
    }

    private void NoteOthers()
    {
        _othersTime = ulong.MaxValue;
        for (var child = 1; child < Math.Min(_heapCount, 3); child++)
            _othersTime = Math.Min(_othersTime, _streams[_heap[child]].Time);
    }

    private void Sift()
    {
        var at = 0;
        while (true)
        {
            var child = 2 * at + 1;
            if (child >= _heapCount)
                return;
            if (child + 1 < _heapCount && Before(_heap[child + 1], _heap[child]))
                child++;
            if (!Before(_heap[child], _heap[at]))
                return;
            (_heap[at], _heap[child]) = (_heap[child], _heap[at]);
            at = child;
        }
    }
}
