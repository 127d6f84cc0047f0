namespace Handoff.Logging;

/// <summary>How loud a kernel message is.</summary>
public enum KernelLogLevel
{
    /// <summary>An error line.</summary>
    Error,

    /// <summary>A warning with a stack trace (<c>WARN</c>).</summary>
    Warning,

    /// <summary>A plain warning line.</summary>
    Notice,

    /// <summary>An informational line.</summary>
    Info,
}
