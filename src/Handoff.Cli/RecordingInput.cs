using Handoff.Cli.Terminal;
using Handoff.Reports.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;

namespace Handoff.Cli;

/// <summary>Opens recordings for verbs, and says what is wrong with them.</summary>
internal static class RecordingInput
{
    private const string StandardInput = "-";

    /// <summary>What the argument of a verb that reads a recording says.</summary>
    public const string Description = "a recording (trace.dat, perf.data, text of ftrace; packed or not), a bundle of one with facts (directory, tar, zip), or - for standard input";

#pragma warning disable CA2000 // the reader belongs to the result
    /// <summary>Opens a recording.</summary>
    /// <exception cref="UserErrorException">There is nothing to open, or no recording in it.</exception>
    public static RecordingBundle Open(string path, Session session)
    {
        if (path == StandardInput)
            return RecordingBundle.Of(Recording.Open(session.OpenInput()));
        string name = LitmusFile.Printable(path);
        if (!File.Exists(path) && !Directory.Exists(path))
            throw new UserErrorException(ExitCode.BadInput, $"{name}: no such file or directory", LitmusFile.Suggest(path));
        try
        {
            return RecordingBundle.Open(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.BadInput, $"{name}: {problem.Message}");
        }
    }
#pragma warning restore CA2000

    /// <summary>Writes what is wrong with a recording that was read, if anything is.</summary>
    /// <returns><see cref="ExitCode.BadInput"/> if something could not be read, otherwise <see cref="ExitCode.AsExpected"/>.</returns>
    public static ExitCode Finish(RecordingReader reader, string path, Session session)
    {
        var code = ExitCode.AsExpected;
        session.Out.Flush();
        foreach (var problem in reader.Diagnostics.Where(static problem => problem.Severity != DiagnosticSeverity.Info))
        {
            bool isError = problem.Severity == DiagnosticSeverity.Error;
            if (isError)
                code = ExitCode.BadInput;
            string place = problem.Offset < 0 ? "" : $" at byte {problem.Offset}";
            session.ErrorInk.Write("handoff: ", isError ? Tone.Bad : Tone.Warning)
                .WriteLine($"{LitmusFile.Printable(path)}: {(isError ? "error" : "warning")} {problem.Id}{place}: {LitmusFile.Printable(problem.Message)}");
            if (problem.Hint.Length > 0)
                session.ErrorInk.Write("  hint: ", Tone.Muted).WriteLine(problem.Hint);
        }

        if (reader.SuppressedDiagnostics > 0)
            session.ErrorInk.Write("handoff: ", Tone.Warning).WriteLine($"{LitmusFile.Printable(path)}: and {reader.SuppressedDiagnostics} more of these");
        return code;
    }
}
