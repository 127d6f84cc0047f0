using Handoff.Tracing.Recordings;
using Handoff.Tracing.Recordings.TraceDat;

namespace Handoff.Tracing.Writing;

/// <summary>
/// Makes a new trace.dat (version 7, zstd) of events of a reader. Records of binary recordings are copied as they are, with the kernel's own formats;
/// events of text, and changed ones, are encoded anew.
/// </summary>
public sealed class RecordingCopy : IDisposable
{
    private readonly RecordingReader _reader;
    private readonly TraceDatContents _contents;
    private readonly TraceDatWriter _writer;
    private readonly EventEncoder? _encoder; // null: records are copied as they are
    private readonly bool _inMicroseconds; // text: events of several CPUs share a time, and their order is that of the lines
    private ulong _lastTime, _ticks;
    private int _lastCpu;
    private int _lastPid = int.MinValue, _lastTask = -1;

    /// <summary>A copy of what will be added.</summary>
    /// <param name="reader">Where the events come from; its first event has been read, or there is none.</param>
    /// <param name="encode">Encode anew, even where records could be copied: the copy then says no more than the events added.</param>
    /// <param name="system">What the copy says about the system, as <c>uname -a</c> prints it; <see langword="null"/> for what the recording says.</param>
    /// <param name="instances">Names of the ring buffers; <see langword="null"/> for those of the recording.</param>
    public RecordingCopy(RecordingReader reader, bool encode = false, string? system = null, IReadOnlyList<string>? instances = null)
    {
        _reader = reader;
        var metadata = reader.BinaryMetadata;
        var header = reader.Header;
        _inMicroseconds = header is { Format: RecordingFormat.Text, TimeIsNanoseconds: true };
        var uname = system ?? Uname(header);
        // Times are nanoseconds by now, whatever the clock counted, or will never be.
        var clock = header.Clock is null || (header.TimeIsNanoseconds && header.Clock is "counter" or "x86-tsc" or "ppc-tb" or "s390-tod") ? "global" : header.Clock;
        if (!header.TimeIsNanoseconds && header.Clock is null)
            clock = "counter";
        if (metadata is null || encode)
        {
            _encoder = new EventEncoder();
            _contents = new TraceDatContents
            {
                Shape = EventEncoder.Shape,
                HeaderPage = TraceDatContents.HeaderPageFor(EventEncoder.Shape),
                FtraceFormats = EventEncoder.FtraceFormats,
                Instances = instances ?? header.Instances,
                Cpus = header.CpuCount,
                Clock = clock,
                Uname = uname,
                MachinePageSize = EventEncoder.Shape.PageSize, // trace-cmd takes pages of this size only
                Recorder = "handoff",
            };
        }
        else
        {
            var shape = PageShape.From(metadata.PageFields, header.IsBigEndian, metadata.LongSize);
            if (header.SubBufferSize > shape.DataOffset)
                shape = shape with { PageSize = header.SubBufferSize };
            // perf's records were never in pages and may be larger.
            if (header.Format == RecordingFormat.PerfData)
                shape = EventEncoder.Shape with { BigEndian = header.IsBigEndian, CommitSize = metadata.LongSize, DataOffset = 8 + metadata.LongSize };
            _contents = new TraceDatContents
            {
                BigEndian = header.IsBigEndian,
                LongSize = metadata.LongSize,
                Shape = shape,
                HeaderPage = header.Format == RecordingFormat.PerfData || metadata.HeaderPage.Length == 0 ? TraceDatContents.HeaderPageFor(shape) : metadata.HeaderPage,
                HeaderEvent = metadata.HeaderEvent.Length == 0 ? TraceDatContents.DefaultHeaderEvent : metadata.HeaderEvent,
                FtraceFormats = metadata.FtraceFormats,
                Systems = metadata.Systems,
                Symbols = metadata.Symbols.Text,
                PrintkFormats = metadata.PrintkFormats.Text,
                Instances = instances ?? header.Instances,
                Cpus = header.CpuCount,
                Clock = clock,
                Uname = uname,
                MachinePageSize = header.Format == RecordingFormat.PerfData ? shape.PageSize : header.PageSize > 0 ? header.PageSize : 4096,
                Recorder = header.Recorder is { } recorder && recorder.StartsWith("trace-cmd ", StringComparison.Ordinal) ? recorder[10..] : header.Recorder ?? "handoff",
            };
        }

        _writer = new TraceDatWriter(_contents);
    }

    /// <summary>Events added; notes about lost ones are none.</summary>
    public long Events => _writer.Events;

    /// <summary>Events whose lists were too long for a record.</summary>
    public long Cut => _encoder?.Cut ?? 0;

    /// <summary>Adds the event that the reader read last.</summary>
    public void Add(in DmaEvent e)
    {
        if (e.Kind == DmaEventKind.LostEvents)
        {
            if (!e.IsLostToEnd)
                _writer.AddLost(e.Instance, e.Cpu, e.Time, e.LostCount);
            else if (Events == 0)
                _writer.AddEnd(e.Instance, e.Cpu, e.Time - Math.Min(e.Time, 1)); // in front of an event of the same time
            else
                _writer.AddEnd(e.Instance, e.Cpu, _inMicroseconds ? Ordered(e) : e.Time);
            return;
        }

        Task(e.Pid, e.Task, _reader.Tasks.Bytes(e.Task));
        if (_encoder is null)
            _writer.Add(e.Instance, e.Cpu, e.Time, _reader.RawRecord);
        else
            Encode(e, _reader.EventName(e), _reader.Devices.Bytes(e.Device), _reader.Exporters.Bytes(e.IsDmaBuf ? e.Exporter : 0));
    }

    /// <summary>Writes the file.</summary>
    /// <param name="output">A file that can seek, at its beginning.</param>
    public void WriteTo(Stream output)
    {
        if (_encoder is not null)
        {
            _contents.Systems = _encoder.Systems;
            _contents.Symbols = _encoder.Symbols;
        }

        _writer.WriteTo(output);
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    /// <summary>Adds an event under other names.</summary>
    internal void Add(in DmaEvent e, ReadOnlySpan<byte> task, string name, ReadOnlySpan<byte> device, ReadOnlySpan<byte> exporter)
    {
        Task(e.Pid, e.Task, task);
        Encode(e, name, device, exporter);
    }

    private void Encode(in DmaEvent e, string name, ReadOnlySpan<byte> device, ReadOnlySpan<byte> exporter) =>
        _writer.Add(e.Instance, e.Cpu, _inMicroseconds ? Ordered(e) : e.Time, _encoder!.Encode(e, name, device, exporter));

    // Nanoseconds that vanish when times are rounded keep the order of lines; files of pages have only times for that.
    private ulong Ordered(in DmaEvent e)
    {
        if (e.Time != _lastTime)
            _ticks = 0;
        else if (e.Cpu != _lastCpu && _ticks < 499)
            _ticks++;
        (_lastTime, _lastCpu) = (e.Time, e.Cpu);
        return e.Time + _ticks;
    }

    private void Task(int pid, int task, ReadOnlySpan<byte> name)
    {
        if (pid == _lastPid && task == _lastTask)
            return;
        (_lastPid, _lastTask) = (pid, task);
        if (!name.IsEmpty && !name.Contains((byte)'\n'))
            _contents.Tasks[pid] = name.ToArray();
    }

    private static string Uname(RecordingHeader header) => header.KernelRelease is null ? ""
        : $"Linux {(header.HostName is { Length: > 0 } host ? host : "(none)")} {header.KernelRelease} - {header.Architecture ?? "unknown"}";
}
