using System.Text;

namespace Handoff.Reports.Text;

/// <summary>How many terminal columns a text takes.</summary>
public static class TextWidth
{
    /// <summary>Columns of <paramref name="text"/>: one a character, none for combining marks.</summary>
    public static int Of(string text)
    {
        int width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.NonSpacingMark
                or System.Globalization.UnicodeCategory.EnclosingMark or System.Globalization.UnicodeCategory.Format))
            {
                width++;
            }
        }

        return width;
    }

    /// <summary>Cuts a text to at most <paramref name="columns"/> columns, with an ellipsis where something is missing.</summary>
    public static string Fit(string text, int columns)
    {
        if (Of(text) <= columns)
            return text;
        var kept = new StringBuilder();
        int width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (++width >= columns)
                break;
            kept.Append(rune);
        }

        return kept.Append('…').ToString();
    }

    /// <summary>Breaks a paragraph into lines of at most <paramref name="columns"/> columns, between words where possible.</summary>
    public static IEnumerable<string> Wrap(string text, int columns)
    {
        columns = Math.Max(columns, 1);
        var line = new StringBuilder();
        int width = 0;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int wide = Of(word);
            if (width > 0 && width + 1 + wide > columns)
            {
                yield return line.ToString();
                line.Clear();
                width = 0;
            }

            if (width > 0)
            {
                line.Append(' ');
                width++;
            }

            line.Append(word);
            width += wide;
        }

        if (width > 0)
            yield return line.ToString();
    }
}
