namespace Handoff.Tracing.Capture;

/// <summary>Why the machine at hand cannot be recorded.</summary>
/// <param name="id">Number of the diagnostic, <c>HT06xx</c>.</param>
/// <param name="message">What is wrong, without a full stop.</param>
/// <param name="hint">What would help.</param>
public sealed class CaptureException(string id, string message, string hint) : Exception(message)
{
    /// <summary>Number of the diagnostic.</summary>
    public string Id => id;

    /// <summary>What would help.</summary>
    public string Hint => hint;
}
