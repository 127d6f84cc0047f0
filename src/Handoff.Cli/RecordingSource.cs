using Handoff.Cli.Terminal;
using Handoff.Reports.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;

namespace Handoff.Cli;

#pragma warning disable CA2000 // what is opened here belongs to the reading that is returned

/// <summary>
/// What a path on the command line means: a file, a bundle, or a stream (standard input, a named pipe), which can be read only once. Copies of streams
/// and unpacked archives disappear when the program ends.
/// </summary>
internal sealed class RecordingSource
{
    /// <summary>What the argument of a verb that reads a recording says.</summary>
    public const string Description = "trace.dat, perf.data or text of ftrace, packed or not; a bundle of it with facts; - for standard input";

    private const string StandardInput = "-";
    private Stream? _stream; // of what can be read only once, until it is
    private readonly string _path;

    private RecordingSource(string path, TraceBundle? bundle, Stream? stream)
    {
        _path = path;
        Bundle = bundle;
        _stream = stream;
    }

    /// <summary>The recording as a file; <see langword="null"/> for a stream that can be read only once.</summary>
    public TraceBundle? Bundle { get; }

    /// <summary>Name for headings.</summary>
    public string Name => LitmusFile.Printable(Bundle?.Name ?? NameOf(_path));

    /// <summary>Finds out what a path means.</summary>
    /// <param name="path">The path, or <c>-</c> for standard input.</param>
    /// <param name="again">Whether it is read more than once: then a stream is copied.</param>
    /// <param name="session">The run.</param>
    /// <exception cref="UserErrorException">There is nothing to open, or no recording in it.</exception>
    public static RecordingSource Open(string path, bool again, Session session)
    {
        bool isDirectory = Directory.Exists(path);
        if (path != StandardInput && !File.Exists(path) && !isDirectory)
            throw new UserErrorException(ExitCode.BadInput, $"{LitmusFile.Printable(path)}: no such file or directory", LitmusFile.Suggest(path));
        long bytes = 0;
        using var progress = new ProgressLine(session, elapsed => $"reading {(path == StandardInput ? "standard input" : LitmusFile.Printable(path))} · {ByteSize.Of((ulong)Volatile.Read(ref bytes))} · {Quantity.Of(elapsed)}");
        void Told(long count)
        {
            Volatile.Write(ref bytes, count);
            if (session.Cancelled.IsCancellationRequested)
                throw new UserErrorException(ExitCode.Inconclusive, $"{LitmusFile.Printable(NameOf(path))}: interrupted before it was read");
        }

        try
        {
            // Files of the kernel (tracefs, procfs) say that they are empty, and some make readers wait.
            if (path == StandardInput || !(isDirectory || (TraceBundle.IsFile(path) && new FileInfo(path).Length > 0)))
                return Receive(path, again, session, Told);
            if (LeftByRecorder(path, isDirectory) is { } left)
                throw left;
            TraceBundle bundle = TraceBundle.Find(path, out var several, Told) ?? throw (several.Count > 0 ? Several(path, several, isDirectory) : None(path, isDirectory ? "directory" : "archive"));
            return new RecordingSource(path, bundle, null);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.BadInput, $"{LitmusFile.Printable(NameOf(path))}: {problem.Message}");
        }
    }

    /// <summary>Begins a reading; of a stream there is only one.</summary>
    public RecordingInput OpenReading()
    {
        if (Bundle is not null)
            return new RecordingInput(this, Recording.Open(Bundle.Path));
        Stream stream = _stream ?? throw new InvalidOperationException("A stream cannot be read twice.");
        _stream = null;
        return new RecordingInput(this, Recording.Open(stream));
    }

    /// <summary>Reads the facts beside the recording, and says what is wrong with them.</summary>
    /// <returns>The facts, or <see langword="null"/> if there are none.</returns>
    public MachineFacts? ReadFacts(Session session)
    {
        if (Bundle?.FactsDirectory is null)
            return null;
        MachineFacts facts = Bundle.ReadFacts();
        foreach (string problem in facts.Diagnostics)
            session.ErrorInk.Write("handoff: ", Tone.Warning).WriteLine(LitmusFile.Printable(problem));
        return facts.Files.IsEmpty ? null : facts;
    }

    /// <summary>Says what is wrong with the recording, if anything is.</summary>
    /// <param name="diagnostics">What was found while it was read.</param>
    /// <param name="suppressed">How many more there were.</param>
    /// <param name="session">The run.</param>
    /// <returns><see cref="ExitCode.BadInput"/> if a part of it could not be read, otherwise <see cref="ExitCode.AsExpected"/>.</returns>
    public ExitCode Tell(IEnumerable<RecordingDiagnostic> diagnostics, long suppressed, Session session)
    {
        var code = ExitCode.AsExpected;
        string name = LitmusFile.Printable(NameOf(_path));
        session.Out.Flush();
        if (Bundle?.Damage is { } damage)
        {
            code = ExitCode.BadInput;
            session.ErrorInk.Write("handoff: ", Tone.Bad).WriteLine($"{name}: error: {LitmusFile.Printable(damage)}");
            session.ErrorInk.Write("  hint: ", Tone.Muted).WriteLine("what precedes the damage is used");
        }

        foreach (var problem in diagnostics.Where(static problem => problem.Severity != DiagnosticSeverity.Info))
        {
            bool isError = problem.Severity == DiagnosticSeverity.Error;
            if (isError)
                code = ExitCode.BadInput;
            string place = problem.Offset < 0 ? "" : $" at byte {problem.Offset}";
            session.ErrorInk.Write("handoff: ", isError ? Tone.Bad : Tone.Warning)
                .WriteLine($"{name}: {(isError ? "error" : "warning")} {problem.Id}{place}: {LitmusFile.Printable(problem.Message)}");
            if (problem.Hint.Length > 0)
                session.ErrorInk.Write("  hint: ", Tone.Muted).WriteLine(problem.Hint);
        }

        if (suppressed > 0)
            session.ErrorInk.Write("handoff: ", Tone.Warning).WriteLine($"{name}: and {suppressed} more of these");
        return code;
    }

    private static RecordingSource Receive(string path, bool again, Session session, Action<long> told)
    {
        Stream stream = path == StandardInput ? session.OpenInput() : OpenPipe(path, session);
        TraceBundle? bundle = TraceBundle.Receive(stream, NameOf(path), again, out Stream? rest, told);
        return bundle is null && rest is null ? throw None(NameOf(path), "archive") : new RecordingSource(path, bundle, rest);
    }

    /// <summary>Opens a named pipe or a device. A pipe makes whoever opens it wait for one who writes.</summary>
    private static Stream OpenPipe(string path, Session session)
    {
        var opening = Task.Run(() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0));
        try
        {
            Task.WaitAny([opening], session.Cancelled);
        }
        catch (OperationCanceledException)
        {
            throw InterruptibleInput.Gone(LitmusFile.Printable(path));
        }

        FileStream file = opening.GetAwaiter().GetResult();
        return OperatingSystem.IsLinux() ? new InterruptibleInput(file, session.Cancelled, (int)file.SafeFileHandle.DangerousGetHandle(), LitmusFile.Printable(path)) : file;
    }

    private static string NameOf(string path) => path == StandardInput ? "<stdin>" : path;

    /// <summary>trace-cmd record writes the pages of each CPU into a file, and joins them only when it ends properly.</summary>
    private static UserErrorException? LeftByRecorder(string path, bool isDirectory)
    {
        const int enough = 1000; // files that are looked at
        string? file = isDirectory
            ? Directory.EnumerateFiles(path).Take(enough).Where(IsOfCpu).Order(StringComparer.Ordinal).FirstOrDefault()
            : IsOfCpu(path) && IsOfPages(path) ? path : null;
        if (file is null || (isDirectory && (TraceBundle.Find(path, out var several) is not null || several.Count > 0)))
            return null;
        string name = LitmusFile.Printable(Path.ChangeExtension(file, null));
        return new UserErrorException(
            ExitCode.BadInput,
            $"{LitmusFile.Printable(file)}: this is what trace-cmd record leaves if it is killed: the events of one CPU, without a description of them",
            $"trace-cmd makes a recording of all of them, on the same machine: trace-cmd restore -o {name} {name}.cpu*");
    }

    // A page begins with a time of eight bytes, of which the highest are 0 in any machine's life; neither text nor another recording does.
    private static bool IsOfPages(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        byte[] head = new byte[16];
        return file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.Contains((byte)0) && !head.AsSpan().StartsWith("\x17\x08\x44"u8) && !head.AsSpan().StartsWith("PERF"u8);
    }

    private static bool IsOfCpu(string path) => Path.GetExtension(path) is ['.', 'c', 'p', 'u', .. { Length: > 0 } number] && number.All(char.IsAsciiDigit);

    private static UserErrorException Several(string path, IReadOnlyList<string> recordings, bool isDirectory) => new(
        ExitCode.BadInput,
        $"{LitmusFile.Printable(path)}: there are several recordings in it",
        isDirectory ? LitmusFile.Printable($"name one of them: {string.Join(", ", recordings.Take(5))}{(recordings.Count > 5 ? ", …" : "")}") : "unpack it, and name one of them");

    private static UserErrorException None(string path, string what) => new(
        ExitCode.BadInput, $"{LitmusFile.Printable(path)}: there is no recording in this {what}", "looked for trace.dat, perf.data, trace.txt …, and for files that begin like one, plain, .zst or .gz");
}
