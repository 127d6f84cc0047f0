namespace Handoff.Reports.Text;

/// <summary>A list of names, each with a sentence that wraps beside it.</summary>
public static class NameList
{
    private const int Indent = 2;
    private const int Gap = 2;
    private const int NarrowestText = 20; // below this the text is easier to read under its name

    /// <summary>Writes the list.</summary>
    /// <param name="ink">Where to.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="rows">Names and sentences.</param>
    public static void Write(Ink ink, int width, IReadOnlyCollection<(string Name, string Text)> rows)
    {
        if (rows.Count == 0)
            return;
        int column = Math.Min(rows.Max(row => TextWidth.Of(row.Name)), Math.Max(0, (width / 2) - Indent)) + Indent + Gap;
        if (width - column < NarrowestText)
            column = Indent * 2;
        foreach (var (name, text) in rows)
        {
            ink.Write(new string(' ', Indent)).Write(name);
            int used = Indent + TextWidth.Of(name);
            if (used + Gap > column)
            {
                ink.WriteLine();
                used = 0;
            }

            foreach (string part in TextWidth.Wrap(text, width - column))
            {
                ink.Write(new string(' ', column - used)).WriteLine(part, Tone.Muted);
                used = 0;
            }

            if (used != 0)
                ink.WriteLine();
        }
    }
}
