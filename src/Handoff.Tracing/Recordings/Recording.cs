namespace Handoff.Tracing.Recordings;

/// <summary>Opens recordings of any known format.</summary>
public static class Recording
{
    /// <summary>Opens a file. A file that cannot be opened or is no recording yields a reader without events and with a diagnostic.</summary>
    public static RecordingReader Open(string path, RecordingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        var diagnostics = new DiagnosticBag();
        diagnostics.Error("HT0002", -1, "no known recording format");
        _ = options;
        return new EmptyReader(diagnostics);
    }

    /// <summary>Opens a stream; binary formats read from a stream that cannot seek are copied to a temporary file first.</summary>
    public static RecordingReader Open(Stream stream, RecordingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var diagnostics = new DiagnosticBag();
        diagnostics.Error("HT0002", -1, "no known recording format");
        _ = options;
        return new EmptyReader(diagnostics);
    }
}
