namespace Handoff.Reports.Text;

/// <summary>One cell of a table.</summary>
/// <param name="Text">One line of text.</param>
/// <param name="Tone">What it means.</param>
public readonly record struct Cell(string Text, Tone Tone = Tone.Plain)
{
    /// <summary>Columns the text takes on a terminal, counting one for each character.</summary>
    public int Width => TextWidth.Of(Text);

    /// <summary>A cell of ordinary text.</summary>
    public static implicit operator Cell(string text) => new(text);
}
