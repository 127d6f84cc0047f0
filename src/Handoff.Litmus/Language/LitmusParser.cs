namespace Handoff.Litmus.Language;

/// <summary>Reads litmus tests.</summary>
public static class LitmusParser
{
    /// <summary>Reads and binds a test. Never throws for bad text: everything wrong is in the result's diagnostics.</summary>
    /// <param name="text">The whole text of one test.</param>
    /// <param name="path">The name that diagnostics print.</param>
    public static ParseResult Parse(string text, string path = "<text>")
    {
        var source = new SourceText(text, path);
        return new ParseResult(source, null, [new Diagnostic(DiagnosticIds.Unexpected, DiagnosticSeverity.Error, default, "reading is not built yet")]);
    }
}
