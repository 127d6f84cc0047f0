using Handoff.Cli.Terminal;
using Handoff.Reports.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;

namespace Handoff.Cli;

/// <summary>A recording for verbs that work event by event: they use what precedes damage, and say at the end what is wrong with the file.</summary>
internal sealed class RecordingInput : IDisposable
{
    /// <summary>What the argument of a verb that reads a recording says.</summary>
    public const string Description = "trace.dat, perf.data or text of ftrace, packed or not; a bundle of it with facts; - for standard input";

    private const string StandardInput = "-";
    private readonly string _path;

    private RecordingInput(string path, TraceBundle? bundle, RecordingReader reader)
    {
        _path = path;
        Bundle = bundle;
        Reader = reader;
    }

    /// <summary>The recording.</summary>
    public RecordingReader Reader { get; }

    /// <summary>Where it came from; <see langword="null"/> for standard input, which cannot be read twice.</summary>
    public TraceBundle? Bundle { get; }

    /// <summary>Whether it is no recording at all; to be asked after the first read.</summary>
    public bool IsNone => Reader.Header.Format == RecordingFormat.Unrecognised;

    /// <summary>Opens what a path means.</summary>
    /// <exception cref="UserErrorException">There is nothing to open, or no recording in it.</exception>
    public static RecordingInput Open(string path, Session session)
    {
        if (path == StandardInput)
            return new RecordingInput(path, null, Recording.Open(session.OpenInput()));
        var bundle = Locate(path);
        return new RecordingInput(path, bundle, Recording.Open(bundle.Path));
    }

    /// <summary>Opens a recording that has been found, as often as it is needed.</summary>
    /// <param name="bundle">The recording.</param>
    /// <param name="path">What the user calls it.</param>
    public static RecordingInput Open(TraceBundle bundle, string path) => new(path, bundle, Recording.Open(bundle.Path));

    /// <summary>Finds the recording that a path means.</summary>
    /// <exception cref="UserErrorException">There is no such file, or no recording in the directory or archive.</exception>
    public static TraceBundle Locate(string path)
    {
        string name = LitmusFile.Printable(path);
        bool isDirectory = Directory.Exists(path);
        if (!File.Exists(path) && !isDirectory)
            throw new UserErrorException(ExitCode.BadInput, $"{name}: no such file or directory", LitmusFile.Suggest(path));
        try
        {
            return TraceBundle.Find(path)
                ?? throw new UserErrorException(ExitCode.BadInput, $"{name}: there is no recording in this {(isDirectory ? "directory" : "archive")}", "looked for trace.dat, perf.data, trace.txt …, plain, .zst or .gz");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.BadInput, $"{name}: {problem.Message}");
        }
    }

    /// <summary>Writes what is wrong with the recording, if anything is. To be called when it has been read.</summary>
    /// <returns><see cref="ExitCode.BadInput"/> if something could not be read, otherwise <see cref="ExitCode.AsExpected"/>.</returns>
    public ExitCode Finish(Session session)
    {
        var code = ExitCode.AsExpected;
        string name = LitmusFile.Printable(_path);
        session.Out.Flush();
        foreach (var problem in Reader.Diagnostics.Where(static problem => problem.Severity != DiagnosticSeverity.Info))
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

        if (Reader.SuppressedDiagnostics > 0)
            session.ErrorInk.Write("handoff: ", Tone.Warning).WriteLine($"{name}: and {Reader.SuppressedDiagnostics} more of these");
        return code;
    }

    public void Dispose() => Reader.Dispose();
}
