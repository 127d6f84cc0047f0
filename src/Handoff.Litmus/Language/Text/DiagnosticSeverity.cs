namespace Handoff.Litmus.Language;

/// <summary>Whether a file can still be used.</summary>
public enum DiagnosticSeverity
{
    /// <summary>The file is used; something in it is probably not what its author meant.</summary>
    Warning,

    /// <summary>The file cannot be used.</summary>
    Error,
}
