using Handoff.Tracing.Recordings.Formats;
using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.PerfData;

/// <summary>Reads perf.data: files and saved pipes of <c>perf record</c>, compressed (<c>-z</c>) or not.</summary>
internal sealed class PerfDataReader : RecordingReader
{
    private const long MostWaiting = 64 << 20; // bytes kept to put events into order

    private readonly ByteSource _source;
    private readonly PerfDataFile _file;
    private readonly PerfRecordSource _records;
    private readonly SampleQueue _queue = new();
    private readonly Dictionary<int, CpuStatistics> _cpus = [];
    private readonly SampleRepeats _repeats = new();
    private readonly long _total;
    private EventAssembler? _assembler; // once the formats are complete
    private SampleQueue.Item _lastSample;
    private ulong _latest; // time of all that was handed out
    private ulong _lost, _lostSamples; // by notes in place; by counts of whole buffers, which have the former again
    private bool _ended, _overflowed;

    internal PerfDataReader(ByteSource source, DiagnosticBag diagnostics, long maximumUnpacked)
        : base(diagnostics)
    {
        _source = source;
        _file = new PerfDataFile(this, source);
        _file.Open();
        _total = _file.End - _file.Start;
        _records = new PerfRecordSource(source, _file.Start, _file.End, _file.BigEndian, diagnostics, maximumUnpacked);
    }

    internal override RecordingMetadata BinaryMetadata => _file.Metadata;

    // A queue's block keeps its bytes until the next read adds to it.
    internal override ReadOnlySpan<byte> RawRecord => _lastSample.Type == PerfRecordType.Sample ? _lastSample.Bytes : default;

    public override double Progress => _total <= 0 ? 1 : 1 - ((double)_records.BytesLeft / _total);

    public override bool Read(ref DmaEvent e)
    {
        while (true)
        {
            if (_queue.TryTake(_overflowed, out var item))
            {
                _overflowed &= _queue.Bytes > MostWaiting / 2;
                var isEvent = Take(item, ref e);
                _queue.Release(item);
                _lastSample = item;
                if (isEvent)
                    return true;
                continue;
            }

            if (_ended)
                return TakeUnplaced(ref e);
            if (!_records.Next(out var record, out var offset))
            {
                _ended = true;
                _queue.FinishAll();
                if (_assembler is null)
                    Settle();
                continue;
            }

            Pass(record, offset);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _records.Dispose();
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Settle()
    {
        _file.Complete();
        _assembler = new EventAssembler(this, _file.Metadata, _file.BigEndian);
    }

    /// <summary>Does what a record asks for; puts samples, names and losses into the queue.</summary>
    private void Pass(ReadOnlySpan<byte> record, long offset)
    {
        var body = record[8..];
        var cursor = new Cursor(body, _file.BigEndian);
        var type = _records.TypeOf(record);
        switch (type)
        {
            case PerfRecordType.Sample:
                Sample(body, offset);
                break;
            case PerfRecordType.Comm:
                cursor.U32();
                var thread = (int)cursor.U32();
                var name = cursor.Take((ulong)cursor.Remaining);
                var end = name.IndexOf((byte)0);
                var made = _file.Trailer(body);
                made.Thread = thread;
                _queue.Add(type, made, end < 0 ? name : name[..end], 0, offset);
                break;
            case PerfRecordType.Fork:
                cursor.Take(8);
                var child = (int)cursor.U32();
                var parent = cursor.U32();
                made = _file.Trailer(body);
                made.Thread = child;
                _queue.Add(type, made, default, parent, offset);
                break;
            case PerfRecordType.Lost:
                cursor.U64();
                var lost = cursor.U64();
                _lost += lost;
                _queue.Add(type, _file.Trailer(body), default, lost, offset);
                break;
            case PerfRecordType.LostSamples:
                if ((_records.MiscOf(record) & PerfRecordSource.FilteredSamples) == 0)
                    _lostSamples += cursor.U64();
                break;
            case PerfRecordType.FinishedRound:
                _queue.FinishRound();
                break;
            case PerfRecordType.HeaderAttribute:
                _file.AddAttribute(body, offset);
                break;
            case PerfRecordType.HeaderFeature:
                var feature = (int)Math.Min(cursor.U64(), int.MaxValue);
                _file.AddFeature(feature, cursor.Take((ulong)cursor.Remaining), offset);
                break;
            case PerfRecordType.HeaderTracingData:
                var size = cursor.U32();
                _file.AddFeature(1, _records.TakeBytes((size + 7UL) & ~7UL), offset);
                break;
            case PerfRecordType.AuxTrace:
                _records.SkipBytes(cursor.U64());
                break;
        }

        if (_queue.Bytes <= MostWaiting || _overflowed)
            return;
        _overflowed = true;
        Bag.Warning("HT0305", offset, $"more than {MostWaiting >> 20} MiB of records without a mark that a round of buffers is finished", "events may be out of order");
    }

    private void Sample(ReadOnlySpan<byte> body, long offset)
    {
        if (_assembler is null)
            Settle();
        var attribute = _file.AttributeOf(body);
        if (attribute is null || !attribute.IsTracepoint)
        {
            Statistics.OtherLines++;
            if (Statistics.OtherLines == 1)
                Bag.Info("HT0310", offset, "samples of events that are no tracepoints are left out");
            return;
        }

        if (!attribute.TryParse(body, out var sample, out var raw))
        {
            Statistics.Malformed++;
            Bag.Error("HT0308", offset, "a sample is shorter than its event's description says", "it is left out");
            return;
        }

        if (raw.IsEmpty)
        {
            Statistics.Malformed++;
            Bag.Error("HT0311", offset, "samples lack the tracepoint's fields", "record them with perf record -R");
            return;
        }

        _queue.Add(PerfRecordType.Sample, sample, raw, 0, offset);
    }

    /// <returns>Whether the record is an event for the caller.</returns>
    private bool Take(in SampleQueue.Item item, ref DmaEvent e)
    {
        if (item.Type is PerfRecordType.Comm or PerfRecordType.Fork)
        {
            if (item.Type == PerfRecordType.Comm)
                _file.Metadata.SetTask(item.Sample.Thread, item.Bytes);
            else
                _file.Metadata.InheritTask(item.Sample.Thread, (int)item.Count);
            _assembler?.ForgetTask();
            return false;
        }

        if (_assembler is null)
            Settle();
        var cpu = Cpu(item.Sample.Cpu);
        e.Cpu = item.Sample.Cpu;
        e.Instance = 0;
        e.Time = item.Sample.Time;
        _latest = Math.Max(_latest, e.Time);
        if (item.Type == PerfRecordType.Lost)
        {
            cpu.LostNotes++;
            cpu.Lost += item.Count;
            _assembler!.Lost(ref e, item.Count);
            return true;
        }

        if (_repeats.Repeats(item.Sample.Cpu, item.Sample.Time, item.Bytes))
        {
            if (_repeats.Count == 1)
                Bag.Info("HT0312", item.Offset, "some samples stand in the file twice, same processor, same time, same bytes", "perf does that when its buffers are small; they are taken once");
            return false;
        }

        if (cpu.Events++ == 0)
            cpu.FirstTime = e.Time;
        cpu.LastTime = e.Time;
        cpu.Bytes += item.Length;
        _assembler!.Assemble(item.Bytes, item.Offset, ref e);
        return true;
    }

    /// <summary>What was lost beyond the notes in place: perf counts it for each event at the end, without saying where.</summary>
    private bool TakeUnplaced(ref DmaEvent e)
    {
        if (_lostSamples <= _lost)
            return false;
        var cpu = Cpu(0);
        cpu.LostNotes++;
        cpu.Lost += _lostSamples - _lost;
        _lastSample = default;
        e.Cpu = e.Instance = 0;
        e.Time = _latest;
        _assembler!.Lost(ref e, _lostSamples - _lost);
        e.Flags |= EventFlags.LostAnywhere;
        _lost = _lostSamples;
        return true;
    }

    private CpuStatistics Cpu(int number)
    {
        if (_cpus.TryGetValue(number, out var found))
            return found;
        found = new CpuStatistics(0, number);
        _cpus.Add(number, found);
        Statistics.CpuList.Add(found);
        return found;
    }
}
