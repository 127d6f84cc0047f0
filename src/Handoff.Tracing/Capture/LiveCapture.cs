using System.Globalization;
using System.Text;
using Handoff.Tracing.Recordings.Formats;
using Handoff.Tracing.Recordings.TraceDat;
using Handoff.Tracing.Writing;

namespace Handoff.Tracing.Capture;

/// <summary>
/// Records the DMA and swiotlb events of the machine at hand: enables them in a ring buffer of its own, streams the pages of every processor into a file,
/// and leaves tracefs as it was. Memory does not grow with the recording.
/// </summary>
public sealed class LiveCapture : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50); // between two looks at buffers that were empty
    private static readonly TimeSpan NamesPause = TimeSpan.FromSeconds(1); // the kernel keeps few names of tasks

    private readonly CaptureSystem _system;
    private readonly TraceInstance _instance;
    private readonly PageShape _shape;
    private readonly TraceDatContents _contents;
    private readonly TraceDatWriter _writer;
    private readonly List<(int Cpu, KernelFile File)> _pipes = [];
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _reader;
    private long _events, _lost, _lostNotes;
    private Exception? _failure;
    private bool _stopped;

    /// <summary>Prepares a recording. Nothing is enabled yet.</summary>
    /// <param name="system">The machine.</param>
    /// <param name="bytesPerCpu">Size of the ring buffer of each processor.</param>
    /// <param name="spool">Directory for what has been read, until the file is written.</param>
    /// <exception cref="CaptureException">The machine cannot be recorded, or refuses.</exception>
    public LiveCapture(CaptureSystem system, long bytesPerCpu, string spool)
    {
        ArgumentNullException.ThrowIfNull(system);
        _system = system;
        _instance = TraceInstance.Create(system, bytesPerCpu);
        try
        {
            string tracing = _instance.Tracing;
            byte[] page = Bytes($"{_instance.Path}/events/header_page") is { Length: > 0 } own ? own : Bytes($"{tracing}/events/header_page");
            int longSize = FormatText.Fields(page).Where(static field => field.Name == "commit").Select(static field => field.Size).FirstOrDefault(8);
            _shape = PageShape.From(FormatText.Fields(page), bigEndian: !BitConverter.IsLittleEndian, longSize);
            _contents = new TraceDatContents
            {
                BigEndian = !BitConverter.IsLittleEndian,
                LongSize = longSize,
                Shape = _shape,
                MachinePageSize = Environment.SystemPageSize,
                HeaderPage = page,
                HeaderEvent = Bytes($"{tracing}/events/header_event"),
                FtraceFormats = Formats($"{tracing}/events/ftrace"),
                Systems = [.. TraceInstance.Groups.Select(group => (group, Formats($"{tracing}/events/{group}"))).Where(static group => group.Item2.Count > 0)],
                PrintkFormats = Bytes($"{tracing}/printk_formats"),
                Symbols = MarkerSymbols(),
                Cpus = system.Names($"{_instance.Path}/per_cpu").Length,
                Clock = _instance.Clock,
                Uname = system.Uname,
            };
            _writer = new TraceDatWriter(_contents, spool);
            foreach (string name in system.Names($"{_instance.Path}/per_cpu"))
            {
                if (name.StartsWith("cpu", StringComparison.Ordinal) && int.TryParse(name.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out int cpu))
                    _pipes.Add((cpu, new KernelFile(system.PathOf($"{_instance.Path}/per_cpu/{name}/trace_pipe_raw"))));
            }
        }
        catch (IOException e)
        {
            Dispose();
            throw new CaptureException("HT0605", $"the ring buffers cannot be read: {e.Message}", "is another program reading them?");
        }
        catch
        {
            Dispose();
            throw;
        }

        _reader = new Thread(ReadAll) { Name = "ring buffers", IsBackground = true };
    }

    /// <summary>Events recorded so far.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <summary>Events known to be lost, complete after <see cref="Stop"/>.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>How often events were lost, as far as pages say.</summary>
    public long LostNotes => Interlocked.Read(ref _lostNotes);

    /// <summary>Whether reading has ended by itself, because it failed.</summary>
    public bool HasFailed => Volatile.Read(ref _failure) is not null;

    /// <summary>The clock of its times.</summary>
    public string Clock => _instance.Clock;

    /// <summary>What could not be put back; <see langword="null"/> if all was.</summary>
    public string? Leftover => _instance.Leftover;

    /// <summary>What the ring buffers said about themselves at the end, as <c>trace_stats.txt</c>.</summary>
    public string Statistics { get; private set; } = "";

    /// <summary>Enables the events and begins to read.</summary>
    /// <exception cref="CaptureException">The kernel refuses.</exception>
    public void Start()
    {
        _instance.Start();
        _reader.Start();
    }

    /// <summary>Ends the recording, reads what is left, and removes the ring buffer.</summary>
    /// <exception cref="IOException">What was read could not be kept.</exception>
    public void Stop()
    {
        if (_stopped)
            return;
        _stopped = true;
        try
        {
            _instance.Stop();
        }
        finally
        {
            _stop.Set();
            if (_reader.ThreadState != ThreadState.Unstarted)
                _reader.Join();
            ReadStatistics();
            Close();
        }

        if (_failure is { } failure)
            throw new IOException(failure.Message, failure);
    }

    /// <summary>Writes the trace.dat.</summary>
    /// <param name="output">A file that can seek, at its beginning.</param>
    public void WriteTo(Stream output) => _writer.WriteTo(output);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Set();
        if (_reader is { ThreadState: not ThreadState.Unstarted })
            _reader.Join();
        Close();
        _writer?.Dispose();
        _stop.Dispose();
    }

    private void Close()
    {
        foreach (var (_, file) in _pipes)
            file.Dispose();
        _pipes.Clear();
        _instance.Dispose(); // only now: the kernel removes no buffer that somebody reads
    }

    private void ReadAll()
    {
        try
        {
            byte[] page = new byte[_shape.PageSize];
            long nextNames = 0;
            for (bool last = false; ; last = _stop.IsSet)
            {
                bool any = ReadOnce(page);
                if (Environment.TickCount64 >= nextNames || last)
                {
                    nextNames = Environment.TickCount64 + (long)NamesPause.TotalMilliseconds;
                    ReadNames();
                }

                if (last)
                    break;
                if (!any)
                    _stop.Wait(Pause);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ZstdSharp.ZstdException)
        {
            Volatile.Write(ref _failure, e); // told by Stop
        }
    }

    // Whole rounds over the processors, so that a busy one does not keep others waiting until they overflow.
    private bool ReadOnce(byte[] page)
    {
        bool any = false;
        for (bool more = true; more;)
        {
            more = false;
            foreach (var (cpu, file) in _pipes)
            {
                int got = 0;
                for (int part; got < page.Length && (part = file.Read(page.AsSpan(got))) > 0;)
                    got += part;
                if (got <= _shape.DataOffset)
                    continue;
                page.AsSpan(got).Clear();
                int events = PageCounter.Count(page, _shape, out bool lost);
                if (events == 0 && !lost)
                    continue;
                _writer.AddPage(0, cpu, page, events);
                Interlocked.Add(ref _events, events);
                if (lost)
                    Interlocked.Increment(ref _lostNotes);
                any = more = true;
            }
        }

        return any;
    }

    private void ReadNames()
    {
        foreach (string line in _system.Read($"{_instance.Tracing}/saved_cmdlines").Split('\n'))
        {
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            if (blank > 0 && int.TryParse(line.AsSpan(0, blank), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && line.AsSpan(blank + 1) is not "<...>")
                _contents.Tasks[pid] = Encoding.UTF8.GetBytes(line[(blank + 1)..]);
        }
    }

    private void ReadStatistics()
    {
        var text = new StringBuilder();
        foreach (var (cpu, _) in _pipes)
        {
            string stats = _system.Read($"{_instance.Path}/per_cpu/cpu{cpu}/stats");
            long lost = 0;
            foreach (string line in stats.Split('\n'))
            {
                if (line.Split(": ") is ["overrun" or "dropped events", var count] && long.TryParse(count.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                    lost += number;
            }

            // What was read is not in the buffer any more; the file says how many entries it has.
            text.Append(CultureInfo.InvariantCulture, $"== cpu{cpu}\nentries: {_writer.EventsOf(0, cpu)}\noverrun: {lost}\ndropped events: 0\n");
            _writer.SetLost(0, cpu, (ulong)lost);
            Interlocked.Add(ref _lost, lost);
        }

        Statistics = text.ToString();
    }

    private byte[] Bytes(string path) => Encoding.UTF8.GetBytes(_system.Read(path));

    private List<byte[]> Formats(string directory) =>
        [.. _system.Names(directory).Select(name => Bytes($"{directory}/{name}/format")).Where(static format => format.Length > 0)];

    // Which function wrote a marker; all other symbols are nobody's business.
    private byte[] MarkerSymbols()
    {
        var found = new StringBuilder();
        try
        {
            foreach (string line in File.ReadLines(_system.PathOf("proc/kallsyms")))
            {
                if (line.EndsWith(" tracing_mark_write", StringComparison.Ordinal) || line.EndsWith(" tracing_mark_raw_write", StringComparison.Ordinal))
                    found.Append(line).Append('\n');
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Markers then have no writer's name.
        }

        return Encoding.UTF8.GetBytes(found.ToString());
    }
}
