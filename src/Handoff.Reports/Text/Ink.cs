namespace Handoff.Reports.Text;

/// <summary>Writes text with or without colours.</summary>
/// <param name="writer">Where to.</param>
/// <param name="colour">Whether the reader understands terminal escapes.</param>
public sealed class Ink(TextWriter writer, bool colour)
{
    /// <summary>The writer below.</summary>
    public TextWriter Writer => writer;

    /// <summary>Whether colours are written.</summary>
    public bool Colour => colour;

    /// <summary>Writes a text in a tone. It may come from anywhere: see <see cref="Printable"/>.</summary>
    public Ink Write(string text, Tone tone = Tone.Plain)
    {
        text = Printable.Lines(text);
        string escape = colour && text.Length > 0 ? EscapeOf(tone) : "";
        if (escape.Length == 0)
        {
            writer.Write(text);
            return this;
        }

        writer.Write(escape);
        writer.Write(text);
        writer.Write("\e[0m");
        return this;
    }

    /// <summary>Writes a text in a tone and ends the line.</summary>
    public Ink WriteLine(string text = "", Tone tone = Tone.Plain)
    {
        Write(text, tone);
        writer.Write('\n');
        return this;
    }

    private static string EscapeOf(Tone tone) => tone switch
    {
        Tone.Strong => "\e[1m",
        Tone.Muted => "\e[2m",
        Tone.Good => "\e[32m",
        Tone.Warning => "\e[33m",
        Tone.Bad => "\e[1;31m",
        Tone.Unknown => "\e[35m",
        _ => "",
    };
}
