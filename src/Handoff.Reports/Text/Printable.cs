using System.Text;

namespace Handoff.Reports.Text;

/// <summary>Text from recordings, files and command lines, made harmless for terminals: nothing in it moves the cursor or turns the direction of writing.</summary>
public static class Printable
{
    /// <summary>The text on one line; what is no sign of its own becomes a question mark.</summary>
    public static string Of(string text) => Of(text, keepLines: false);

    /// <summary>As <see cref="Of(string)"/>, but ends of lines stay.</summary>
    internal static string Lines(string text) => Of(text, keepLines: true);

    private static string Of(string text, bool keepLines)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder? copy = null;
        for (int i = 0; i < text.Length; i++)
        {
            char sign = text[i];
            if (sign is >= ' ' and < '\x7f' || (sign == '\n' && keepLines) || !IsHarmful(sign))
                continue;
            copy ??= new StringBuilder(text);
            copy[i] = '?';
        }

        return copy?.ToString() ?? text;
    }

    // Controls, ends of lines and paragraphs, and what embeds, overrides or isolates a direction.
    private static bool IsHarmful(char sign) =>
        char.IsControl(sign) || sign is '\u061c' or '\u200e' or '\u200f' or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
