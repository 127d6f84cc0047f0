using System.Globalization;

namespace Handoff.Tracing.Recordings;

/// <summary>Something about the file itself that the reader of a report should know.</summary>
/// <param name="Id">A stable id, <c>HT0001</c> and on; listed in <c>docs/file-formats.md</c>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Offset">Where, in bytes from the start of the (decompressed) file; -1 when it concerns the whole file.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Hint">What to do about it; may be empty.</param>
public sealed record RecordingDiagnostic(string Id, DiagnosticSeverity Severity, long Offset, string Message, string Hint)
{
    /// <summary>One line: id, place, message, hint.</summary>
    public override string ToString()
    {
        var place = Offset < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" at byte {Offset}");
        var text = $"{Id} {(Severity switch { DiagnosticSeverity.Error => "error", DiagnosticSeverity.Warning => "warning", _ => "info" })}{place}: {Message}";
        return Hint.Length == 0 ? text : $"{text} ({Hint})";
    }
}
