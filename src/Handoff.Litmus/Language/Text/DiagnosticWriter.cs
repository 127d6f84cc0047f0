using System.Globalization;
using System.Text;

namespace Handoff.Litmus.Language;

/// <summary>Writes diagnostics as text: place, message, the line, carets, the hint.</summary>
public static class DiagnosticWriter
{
    private const int LongestLine = 200;

    /// <summary>One diagnostic, with a line feed at the end of each line.</summary>
    public static string Format(SourceText source, Diagnostic diagnostic)
    {
        SourcePosition position = source.PositionOf(diagnostic.Span.Start);
        var text = new StringBuilder();
        string severity = diagnostic.Severity == DiagnosticSeverity.Error ? "error" : "warning";
        text.Append(CultureInfo.InvariantCulture, $"{source.Path}:{position}: {severity} {diagnostic.Id}: {diagnostic.Message}\n");

        string line = source.LineText(position.Line);
        int column = Math.Min(position.Column - 1, line.Length);
        int from = Math.Max(0, Math.Min(column - (LongestLine / 2), line.Length - LongestLine));
        string shown = line.Substring(from, Math.Min(LongestLine, line.Length - from));
        int caret = column - from;
        string number = position.Line.ToString(CultureInfo.InvariantCulture);
        int carets = Math.Clamp(diagnostic.Span.Length, 1, Math.Max(1, shown.Length - caret));
        text.Append(CultureInfo.InvariantCulture, $" {number} | {Printable(shown)}\n");
        text.Append(' ', number.Length + 1).Append(" | ");
        foreach (char c in shown.AsSpan(0, caret))
            text.Append(c == '\t' ? '\t' : ' ');
        text.Append('^', carets);
        if (diagnostic.Hint is { } hint)
            text.Append(' ').Append(hint);
        return text.Append('\n').ToString();
    }

    /// <summary>All diagnostics of a result.</summary>
    public static string Format(ParseResult result) => string.Concat(result.Diagnostics.Select(d => Format(result.Source, d)));

    // Control characters of a hostile file must not reach a terminal.
    private static string Printable(string line) => string.Create(line.Length, line, static (to, from) =>
    {
        for (int i = 0; i < to.Length; i++)
            to[i] = char.IsControl(from[i]) && from[i] != '\t' ? '?' : from[i];
    });
}
