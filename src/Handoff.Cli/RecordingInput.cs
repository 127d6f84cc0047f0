using Handoff.Cli.Terminal;
using Handoff.Tracing.Recordings;

namespace Handoff.Cli;

/// <summary>One reading of a recording. Verbs use what precedes damage, and say at the end what is wrong with the file.</summary>
internal sealed class RecordingInput(RecordingSource source, RecordingReader reader) : IDisposable
{
    /// <summary>Where it came from.</summary>
    public RecordingSource Source => source;

    /// <summary>The recording.</summary>
    public RecordingReader Reader => reader;

    /// <summary>Whether it is no recording at all; to be asked after the first read.</summary>
    public bool IsNone => reader.Header.Format == RecordingFormat.Unrecognised;

    /// <summary>Whether nothing could be read because of damage; to be asked when it has been read.</summary>
    public bool IsUnusable => reader.Statistics.Events == 0 && reader.Diagnostics.Any(static problem => problem.Severity == DiagnosticSeverity.Error);

    /// <summary>Writes what is wrong with the recording, if anything is. To be called when it has been read.</summary>
    /// <returns><see cref="ExitCode.BadInput"/> if something could not be read, otherwise <see cref="ExitCode.AsExpected"/>.</returns>
    public ExitCode Finish(Session session) => source.Tell(reader.Diagnostics, reader.SuppressedDiagnostics, session);

    public void Dispose() => reader.Dispose();
}
