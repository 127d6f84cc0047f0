namespace Handoff.Tracing.Recordings;

/// <summary>The kinds of recording that can be read; found by content, never by name.</summary>
public enum RecordingFormat
{
    /// <summary>Not a recording this library knows; see the diagnostics.</summary>
    Unrecognised = 0,

    /// <summary>trace-cmd's file, version 6 or 7 (<see cref="RecordingHeader.FormatVersion"/>).</summary>
    TraceDat,

    /// <summary>Text of tracefs (<c>trace</c>, <c>trace_pipe</c>), of <c>trace-cmd report</c> or of <c>perf script</c>.</summary>
    Text,

    /// <summary>perf's file.</summary>
    PerfData,
}
