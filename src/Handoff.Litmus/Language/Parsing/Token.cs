namespace Handoff.Litmus.Language;

/// <summary>A token.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Span">Its characters.</param>
/// <param name="Text">The word, the sign, the string's content, or what is wrong with a bad token.</param>
/// <param name="Value">The value of a number.</param>
internal readonly record struct Token(TokenKind Kind, SourceSpan Span, string Text, ulong Value = 0)
{
    public bool IsWord(string word) => Kind == TokenKind.Word && Text == word;

    public bool IsSign(string sign) => Kind == TokenKind.Sign && Text == sign;

    /// <summary>The token as messages show it.</summary>
    public string Shown => Kind switch
    {
        TokenKind.End => "the end of the file",
        TokenKind.String => "a string",
        TokenKind.Number => $"the number {Text}",
        TokenKind.Word => Text.Length > 40 ? $"'{Text[..40]}…'" : $"'{Text}'",
        _ => $"'{Text}'",
    };
}
