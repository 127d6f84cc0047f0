using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Replay;

/// <summary>The load of a recording: read once if it is small enough to be kept, else once for every pass over it.</summary>
public sealed class RecordedLoad
{
    /// <summary>Up to this many bytes of operations are kept.</summary>
    internal const long MostKept = 256L << 20;

    private readonly Func<RecordingReader> _open;
    private readonly long _mostKept;
    private List<LoadChunk>? _kept;
    private bool _tooLong;

    private RecordedLoad(string name, LoadMachine machine, Func<RecordingReader> open, long mostKept)
    {
        _mostKept = mostKept;
        Name = name;
        Machine = machine;
        _open = open;
    }

    /// <summary>Name for headings.</summary>
    public string Name { get; }

    /// <summary>The recorded machine.</summary>
    public LoadMachine Machine { get; }

    /// <summary>What the recording holds; complete after the first pass.</summary>
    public LoadCounts Counts { get; private set; } = new();

    /// <summary>Devices; complete after the first pass.</summary>
    public IReadOnlyList<LoadDevice> Devices { get; private set; } = [];

    /// <summary>What is wrong with the recording itself; complete after the first pass.</summary>
    public IReadOnlyList<RecordingDiagnostic> Diagnostics { get; private set; } = [];

    /// <summary>Diagnostics not listed because there were too many. Complete after the first pass.</summary>
    public long SuppressedDiagnostics { get; private set; }

    /// <summary>Whether times are nanoseconds; false for clocks that count something else. Complete after the first pass.</summary>
    public bool TimeIsNanoseconds { get; private set; } = true;

    /// <summary>How much of a pass that reads the recording is done, 0 to 1; 1 where the load is kept, -1 if unknown.</summary>
    public double Progress { get; private set; } = -1;

    /// <summary>Opens a recording with the facts beside it.</summary>
    /// <param name="bundle">The recording.</param>
    /// <param name="cancellation">Ends a survey early.</param>
    public static RecordedLoad Open(TraceBundle bundle, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        return Open(bundle.Name, bundle.ReadFacts(), () => Recording.Open(bundle.Path), null, cancellation);
    }

    /// <summary>Opens a recording from anywhere.</summary>
    /// <param name="name">Name for headings.</param>
    /// <param name="facts">Facts about the machine; <see langword="null"/> if there are none.</param>
    /// <param name="open">Opens the recording at its beginning, as often as asked.</param>
    /// <param name="parameter">swiotlb= of the recorded machine where facts do not tell; <see langword="null"/> if unknown.</param>
    /// <param name="cancellation">Ends a survey early.</param>
    public static RecordedLoad Open(string name, MachineFacts? facts, Func<RecordingReader> open, string? parameter = null, CancellationToken cancellation = default) =>
        Open(name, facts, open, MostKept, parameter, cancellation);

    /// <summary>As above, with a limit for what is kept.</summary>
    internal static RecordedLoad Open(
        string name, MachineFacts? facts, Func<RecordingReader> open, long mostKept, string? parameter = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(open);
        facts ??= new MachineFacts("");
        using RecordingReader reader = open();
        reader.NamesMarkers = false;
        bool known = facts.Ram is not null && facts.CommandLine.Length > 0 && facts.KernelRelease.Length > 0 && facts.Swiotlb is not null;
        LoadSurvey survey = LoadSurvey.Take(reader, device => facts.RestrictedPoolOf(device) is not null, known, cancellation);
        return new RecordedLoad(name, LoadMachine.Create(facts, reader.Header, survey, facts.Parameter("swiotlb") ?? parameter ?? ""), open, mostKept);
    }

    /// <summary>Goes over the load. A chunk is valid until the next one is asked for.</summary>
    public IEnumerable<LoadChunk> Pass(CancellationToken cancellation = default)
    {
        if (_kept is { } kept)
        {
            Progress = 1;
            return kept;
        }

        return Read(cancellation);
    }

    private IEnumerable<LoadChunk> Read(CancellationToken cancellation)
    {
        using RecordingReader recording = _open();
        recording.NamesMarkers = false;
        var reader = new LoadReader(recording, Machine);
        List<LoadChunk>? keep = _tooLong ? null : [];
        long bytes = 0;
        var spare = new LoadChunk();
        while (true)
        {
            LoadChunk chunk = keep is null ? spare : new LoadChunk();
            bool any = reader.Read(chunk, cancellation);
            Progress = reader.Progress;
            if (!any)
                break;
            if (keep is not null)
            {
                chunk.Trim();
                keep.Add(chunk);
                bytes += chunk.Bytes;
                if (bytes > _mostKept)
                    (keep, _tooLong) = (null, true);
            }

            // Devices have to be known before a replay meets them.
            if (Devices.Count < chunk.Devices)
                Devices = [.. reader.Devices];
            yield return chunk;
        }

        Counts = reader.Counts;
        TimeIsNanoseconds = recording.Header.TimeIsNanoseconds;
        Devices = [.. reader.Devices];
        Diagnostics = [.. recording.Diagnostics];
        SuppressedDiagnostics = recording.SuppressedDiagnostics;
        if (!cancellation.IsCancellationRequested)
            _kept = keep;
    }
}
