using System.Text;

namespace Handoff.Litmus.Language;

/// <summary>A change of a source text.</summary>
/// <param name="Span">What is replaced; a span of length 0 inserts.</param>
/// <param name="NewText">What stands there afterwards.</param>
public readonly record struct TextEdit(SourceSpan Span, string NewText)
{
    /// <summary>Makes changes that do not overlap, all at once; spans are of the text before.</summary>
    /// <exception cref="ArgumentException">Two of them overlap, or one lies outside the text.</exception>
    public static string Apply(string text, IEnumerable<TextEdit> edits)
    {
        ArgumentNullException.ThrowIfNull(text);
        var to = new StringBuilder();
        int at = 0;
        foreach (TextEdit edit in edits.OrderBy(e => e.Span.Start).ThenBy(e => e.Span.Length)) // stable: insertions at one place keep their order
        {
            if (edit.Span.Start < at || edit.Span.End > text.Length)
                throw new ArgumentException("edits overlap or lie outside the text", nameof(edits));
            to.Append(text, at, edit.Span.Start - at).Append(edit.NewText);
            at = edit.Span.End;
        }

        return to.Append(text, at, text.Length - at).ToString();
    }
}
