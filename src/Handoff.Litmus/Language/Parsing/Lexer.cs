namespace Handoff.Litmus.Language;

/// <summary>Cuts a text into tokens.</summary>
internal static class Lexer
{
    private static readonly string[] s_signs = ["..", "{", "}", "(", ")", "[", "]", ";", ",", "=", "&", "|", "+", "-", "<", "!", "."];

    /// <summary>All tokens with an <see cref="TokenKind.End"/> at the end. Linear in the text's length.</summary>
    public static List<Token> Tokens(string text, DiagnosticBag diagnostics)
    {
        var tokens = new List<Token>();
        int i = 0;
        while (true)
        {
            i = SkipBlank(text, i, diagnostics);
            if (i >= text.Length)
                break;
            Token token = Next(text, i);
            tokens.Add(token);
            i = token.Span.End;
        }

        tokens.Add(new Token(TokenKind.End, new SourceSpan(text.Length, 0), ""));
        return tokens;
    }

    private static int SkipBlank(string text, int i, DiagnosticBag diagnostics)
    {
        while (i < text.Length)
        {
            if (char.IsWhiteSpace(text[i]) || text[i] == '\ufeff')
            {
                i++;
            }
            else if (text[i] == '/' && i + 1 < text.Length && text[i + 1] == '/')
            {
                int end = text.IndexOf('\n', i);
                i = end < 0 ? text.Length : end;
            }
            else if (text[i] == '/' && i + 1 < text.Length && text[i + 1] == '*')
            {
                int end = text.IndexOf("*/", i + 2, StringComparison.Ordinal);
                if (end < 0)
                {
                    diagnostics.Error(DiagnosticIds.Unterminated, new SourceSpan(i, 2), "this comment does not end", "close it with '*/'");
                    return text.Length;
                }

                i = end + 2;
            }
            else
            {
                break;
            }
        }

        return i;
    }

    private static Token Next(string text, int start)
    {
        char c = text[start];
        if (IsWordStart(c))
        {
            int end = start + 1;
            while (end < text.Length && (IsWordStart(text[end]) || char.IsAsciiDigit(text[end])))
                end++;
            return new Token(TokenKind.Word, new SourceSpan(start, end - start), text[start..end]);
        }

        if (char.IsAsciiDigit(c))
            return Number(text, start);
        if (c == '"')
            return String(text, start);
        foreach (string sign in s_signs)
        {
            if (string.CompareOrdinal(text, start, sign, 0, sign.Length) == 0)
                return new Token(TokenKind.Sign, new SourceSpan(start, sign.Length), sign);
        }

        int length = char.IsHighSurrogate(c) && start + 1 < text.Length ? 2 : 1;
        string shown = char.IsControl(c) ? $"U+{(int)c:X4}" : text.Substring(start, length);
        return new Token(TokenKind.Bad, new SourceSpan(start, length), $"the character '{shown}' means nothing here");
    }

    private static Token Number(string text, int start)
    {
        int end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
            end++;
        var span = new SourceSpan(start, end - start);
        string shown = text[start..end];
        string digits = shown.Replace("_", "", StringComparison.Ordinal);
        bool hex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        int shift = 0;
        if (!hex && digits.Length > 1)
        {
            shift = char.ToUpperInvariant(digits[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
            if (shift > 0)
                digits = digits[..^1];
        }

        if (hex)
            digits = digits[2..];
        if (digits.Length == 0 || !digits.All(hex ? char.IsAsciiHexDigit : char.IsAsciiDigit))
            return new Token(TokenKind.Bad, span, $"'{Short(shown)}' is not a number");
        var style = hex ? System.Globalization.NumberStyles.AllowHexSpecifier : System.Globalization.NumberStyles.None;
        if (!ulong.TryParse(digits, style, System.Globalization.CultureInfo.InvariantCulture, out ulong value) || value > ulong.MaxValue >> shift)
            return new Token(TokenKind.Bad, span, $"{Short(shown)} does not fit in 64 bits");
        return new Token(TokenKind.Number, span, Short(shown), value << shift);
    }

    private static Token String(string text, int start)
    {
        int end = start + 1;
        while (end < text.Length && text[end] is not ('"' or '\n' or '\r'))
            end++;
        if (end >= text.Length || text[end] != '"')
            return new Token(TokenKind.Bad, new SourceSpan(start, end - start), "this string does not end on its line");
        return new Token(TokenKind.String, new SourceSpan(start, end + 1 - start), text[(start + 1)..end]);
    }

    private static string Short(string text) => text.Length > 24 ? text[..24] + "…" : text;

    private static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c == '_';
}
