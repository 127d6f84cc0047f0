namespace Handoff.Tracing.Recordings;

/// <summary>How much a diagnostic about a file matters.</summary>
public enum DiagnosticSeverity
{
    /// <summary>Worth knowing; nothing is missing.</summary>
    Info = 0,

    /// <summary>Something was skipped or is uncertain.</summary>
    Warning,

    /// <summary>Part of the recording, or all of it, could not be read.</summary>
    Error,
}
