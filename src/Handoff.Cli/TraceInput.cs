using Handoff.Cli.Terminal;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;

namespace Handoff.Cli;

/// <summary>A recording named on the command line, open for one reading.</summary>
internal sealed class TraceInput : IDisposable
{
    private const string StandardInput = "-";

    private TraceInput(string name, RecordingReader reader, TraceBundle? bundle, MachineFacts? facts)
    {
        Name = name;
        Reader = reader;
        Bundle = bundle;
        Facts = facts;
    }

    /// <summary>Name for headings.</summary>
    public string Name { get; }

    /// <summary>The recording.</summary>
    public RecordingReader Reader { get; }

    /// <summary>Where it came from; <see langword="null"/> for standard input, which cannot be read twice.</summary>
    public TraceBundle? Bundle { get; }

    /// <summary>Facts beside it; <see langword="null"/> if there are none.</summary>
    public MachineFacts? Facts { get; }

    /// <summary>Opens what a path means.</summary>
    /// <exception cref="UserErrorException">There is no such file, or no recording in the directory or archive.</exception>
    public static TraceInput Open(string path, Session session)
    {
        if (path == StandardInput)
            return new TraceInput("<stdin>", Recording.Open(session.OpenInput()), null, null);
        var bundle = RecordingInput.Locate(path);
        MachineFacts facts = bundle.ReadFacts();
        foreach (string problem in facts.Diagnostics)
            session.ErrorInk.Write("handoff: ", Reports.Text.Tone.Warning).WriteLine(LitmusFile.Printable(problem));
        return new TraceInput(LitmusFile.Printable(bundle.Name), Recording.Open(bundle.Path), bundle, facts.Files.IsEmpty ? null : facts);
    }

    /// <summary>Ends with a message if nothing could be read.</summary>
    /// <exception cref="UserErrorException">The file is no recording, or damaged from the beginning.</exception>
    public void ThrowIfUnusable()
    {
        if (Reader.Statistics.Events > 0)
            return;
        if (Reader.Diagnostics.FirstOrDefault(static d => d.Severity == DiagnosticSeverity.Error) is { } error)
            throw new UserErrorException(ExitCode.BadInput, $"{Name}: {error.Id}: {LitmusFile.Printable(error.Message)}", error.Hint.Length > 0 ? error.Hint : null);
    }

    public void Dispose() => Reader.Dispose();
}
