namespace Handoff.Cli;

/// <summary>Ends a verb with a message for the user: what is wrong and, if known, what would help.</summary>
/// <param name="code">The exit code it leads to.</param>
/// <param name="message">What is wrong, without a full stop.</param>
/// <param name="hint">What would help, or <see langword="null"/>.</param>
internal sealed class UserErrorException(ExitCode code, string message, string? hint = null) : Exception(message)
{
    /// <summary>The exit code it leads to.</summary>
    public ExitCode Code => code;

    /// <summary>What would help, or <see langword="null"/>.</summary>
    public string? Hint => hint;
}
