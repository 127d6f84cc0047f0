namespace Handoff.Litmus.Language;

/// <summary>Reads litmus tests.</summary>
public static class LitmusParser
{
    /// <summary>Longest text that is read, in characters.</summary>
    public const int LongestText = 1 << 20;

    /// <summary>Reads and binds a test. Never throws for bad text: everything wrong is in the result's diagnostics.</summary>
    /// <param name="text">The whole text of one test.</param>
    /// <param name="path">The name that diagnostics print.</param>
    public static ParseResult Parse(string text, string path = "<text>")
    {
        var diagnostics = new DiagnosticBag();
        if (text.Length > LongestText)
        {
            diagnostics.Error(DiagnosticIds.TooMuch, default, $"the text has {text.Length} characters; a test may have {LongestText}");
            return new ParseResult(new SourceText(text[..100], path), null, diagnostics.ToImmutable());
        }

        var source = new SourceText(text, path);
        LitmusTest test = new TestParser(text, diagnostics).Parse();
        if (!diagnostics.HasErrors)
            new Binder(test, diagnostics).Bind();
        return new ParseResult(source, diagnostics.HasErrors ? null : test, diagnostics.ToImmutable());
    }
}
