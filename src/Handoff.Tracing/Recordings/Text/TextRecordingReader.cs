using System.Globalization;
using System.Text;
using ZstdSharp;

namespace Handoff.Tracing.Recordings.Text;

/// <summary>Reads ftrace text line by line: <c>trace</c>, <c>trace_pipe</c>, <c>trace-cmd report</c>, <c>perf script</c>.</summary>
internal sealed class TextRecordingReader : RecordingReader
{
    private const int BufferSize = 1 << 20; // also the longest line that is read
    private const long BytesToRecognise = 64 << 20; // without an event this is no recording; boot messages before the first one are shorter

    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly LineParser _parser;
    private readonly Dictionary<int, CpuStatistics> _cpus = [];
    private CpuStatistics? _lastCpu;
    private int _start, _end;
    private long _bufferOffset; // of _buffer[0] in the (unpacked) file
    private bool _ended, _skipping, _judged;

    internal TextRecordingReader(Stream stream, bool leaveOpen, DiagnosticBag diagnostics)
        : base(diagnostics)
    {
        _stream = stream;
        _leaveOpen = leaveOpen;
        _parser = new LineParser(this);
        Header.Format = RecordingFormat.Text;
    }

    private ulong _overwritten; // events that the buffers no longer had, not told yet

    public override bool Read(ref DmaEvent e)
    {
        while (TryLine(out var line, out var offset))
        {
            Lists.Begin();
            if (e.Lists != Lists)
                e.Lists = Lists;
            var result = _parser.Parse(line.TrimEnd((byte)'\r'), ref e);
            if (result == LineResult.Other)
            {
                Statistics.OtherLines++;
                if (line.StartsWith("# entries-in-buffer"u8))
                    Entries(line);
                else if (line.StartsWith("cpus="u8) && int.TryParse(line[5..], CultureInfo.InvariantCulture, out var cpus))
                    Header.CpuCount = cpus;
                continue;
            }

            var cpu = Cpu(e.Cpu);
            if (result == LineResult.Lost)
            {
                if (e.Size == 0 && !e.IsLostToEnd)
                    (e.Size, _overwritten) = (_overwritten, 0); // the header tells a sum only: all of it with the first note
                cpu.LostNotes++;
                cpu.Lost += e.Size;
                Statistics.LostNotes++;
                Statistics.Lost += e.Size;
                e.Time = e.IsLostToEnd ? Statistics.Cpus.Max(static c => c.LastTime) : cpu.LastTime;
                return true;
            }

            if (result == LineResult.Malformed)
            {
                Statistics.Malformed++;
                Bag.Warning("HT0201", offset, $"part of a {EventNames[e.EventType]} line cannot be understood", "the fields that can are used");
            }

            if (cpu.Events++ == 0)
                cpu.FirstTime = e.Time;
            cpu.LastTime = e.Time;
            Statistics.Events++;
            Statistics.KindCounts[(int)e.Kind]++;
            Statistics.CountType(e.EventType);
            return true;
        }

        if (!_judged)
        {
            _judged = true;
            if (Statistics.Events == 0)
            {
                Header.Format = Header.EntriesInBuffer >= 0 ? RecordingFormat.Text : RecordingFormat.Unrecognised;
                if (Header.EntriesInBuffer != 0)
                    Bag.Error("HT0002", -1, "this is no recording of a known format: no line of it is an event", "known are trace.dat, and text of tracefs, trace-cmd report or perf script");
            }
        }

        _ended = true;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_leaveOpen)
            _stream.Dispose();
        base.Dispose(disposing);
    }

    private CpuStatistics Cpu(int cpu)
    {
        if (_lastCpu is not null && _lastCpu.Cpu == cpu)
            return _lastCpu;
        if (!_cpus.TryGetValue(cpu, out var found))
        {
            if (_cpus.Count >= 1 << 14)
                return _lastCpu!;
            found = new CpuStatistics(0, cpu);
            _cpus.Add(cpu, found);
            Statistics.CpuList.Add(found);
        }

        return _lastCpu = found;
    }

    private void Entries(ReadOnlySpan<byte> line)
    {
        var text = Encoding.UTF8.GetString(line);
        var figures = text[(text.IndexOf(": ", StringComparison.Ordinal) + 2)..].Split([' ', '/'], StringSplitOptions.RemoveEmptyEntries);
        if (figures.Length >= 2 && long.TryParse(figures[0], CultureInfo.InvariantCulture, out var held) && long.TryParse(figures[1], CultureInfo.InvariantCulture, out var written))
        {
            Header.EntriesInBuffer = held;
            Header.EntriesWritten = written;
            if (written > held && held > 0)
                _overwritten = (ulong)(written - held);
        }

        var cpus = text.LastIndexOf("#P:", StringComparison.Ordinal);
        if (cpus > 0 && int.TryParse(text.AsSpan(cpus + 3), CultureInfo.InvariantCulture, out var count))
            Header.CpuCount = count;
    }

    /// <summary>The next line without its end. Lines longer than the buffer are skipped and named.</summary>
    private bool TryLine(out ReadOnlySpan<byte> line, out long offset)
    {
        line = default;
        offset = _bufferOffset + _start;
        if (_ended && _start >= _end)
            return false;
        while (true)
        {
            if (Statistics.Events == 0 && _bufferOffset + _start > BytesToRecognise)
                return false;
            var rest = _buffer.AsSpan(_start, _end - _start);
            var newline = rest.IndexOf((byte)'\n');
            if (newline >= 0)
            {
                offset = _bufferOffset + _start;
                line = rest[..newline];
                _start += newline + 1;
                if (!_skipping)
                    return true;
                _skipping = false;
                continue;
            }

            if (_ended)
            {
                offset = _bufferOffset + _start;
                line = rest;
                _start = _end;
                return !line.IsEmpty && !_skipping;
            }

            if (rest.Length == BufferSize)
            {
                Bag.Warning("HT0202", _bufferOffset, $"a line is longer than {BufferSize} bytes and is skipped");
                Statistics.Malformed++;
                _skipping = true;
                _bufferOffset += _end;
                _start = _end = 0;
            }

            Refill();
        }
    }

    private void Refill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _bufferOffset += _start;
            _end -= _start;
            _start = 0;
        }

        try
        {
            var got = _stream.Read(_buffer, _end, BufferSize - _end);
            _end += got;
            _ended = got == 0;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ZstdException)
        {
            Bag.Error("HT0006", _bufferOffset + _end, $"the file is damaged here: {e.Message}", "everything before this point is used");
            _ended = true;
        }
    }
}
