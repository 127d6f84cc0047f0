namespace Handoff.Reports.Text;

/// <summary>A table of words: one heading row, a first column that names the rows, and as many columns side by side as the width takes.</summary>
/// <remarks>Columns that do not fit follow in further blocks below, each with the first column repeated; nothing is dropped.</remarks>
public sealed class TextTable
{
    private const int Gap = 2; // columns between two cells
    private const int NarrowestFirst = 12; // the first column is cut before it gets narrower than this

    private readonly Cell[] _headings;
    private readonly List<Cell[]> _rows = [];

    /// <summary>A table with the given headings; the first heads the column of row names.</summary>
    public TextTable(params ReadOnlySpan<Cell> headings)
    {
        ArgumentOutOfRangeException.ThrowIfZero(headings.Length);
        _headings = headings.ToArray();
    }

    /// <summary>Whether a column in which no row has anything is left out, with its heading.</summary>
    public bool LeavesOutEmptyColumns { get; init; }

    /// <summary>Number of rows without the headings.</summary>
    public int RowCount => _rows.Count;

    /// <summary>Adds a row; missing cells stay empty.</summary>
    public void Add(params ReadOnlySpan<Cell> cells)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cells.Length, _headings.Length);
        var row = new Cell[_headings.Length];
        Array.Fill(row, new Cell(""));
        cells.CopyTo(row);
        _rows.Add(row);
    }

    /// <summary>Writes the table.</summary>
    /// <param name="ink">Where to.</param>
    /// <param name="width">Columns of the terminal.</param>
    public void Write(Ink ink, int width)
    {
        if (LeavesOutEmptyColumns && _rows.Count > 0)
        {
            WithoutEmptyColumns().Write(ink, width);
            return;
        }

        int[] widths = new int[_headings.Length];
        for (int column = 0; column < widths.Length; column++)
        {
            widths[column] = _headings[column].Width;
            foreach (var row in _rows)
                widths[column] = Math.Max(widths[column], row[column].Width);
        }

        int widest = widths.Length == 1 ? 0 : widths.AsSpan(1).ToArray().Max() + Gap;
        widths[0] = Math.Min(widths[0], Math.Max(NarrowestFirst, width - widest));
        int from = 1;
        do
        {
            int to = from;
            int used = widths[0];
            while (to < widths.Length && (to == from || used + Gap + widths[to] <= width))
                used += Gap + widths[to++];
            if (from > 1)
                ink.WriteLine();
            if (Array.Exists(_headings, heading => heading.Text.Length > 0))
                WriteRow(ink, _headings, widths, from, to);
            foreach (var row in _rows)
                WriteRow(ink, row, widths, from, to);
            from = to;
        }
        while (from < widths.Length);
    }

    private TextTable WithoutEmptyColumns()
    {
        int[] kept = [.. Enumerable.Range(0, _headings.Length).Where(column => column == 0 || _rows.Exists(row => row[column].Text.Length > 0))];
        var table = new TextTable([.. kept.Select(column => _headings[column])]);
        foreach (var row in _rows)
            table.Add([.. kept.Select(column => row[column])]);
        return table;
    }

    private static void WriteRow(Ink ink, Cell[] row, int[] widths, int from, int to)
    {
        string first = TextWidth.Fit(row[0].Text, widths[0]);
        ink.Write(first, row[0].Tone);
        int owed = widths[0] - TextWidth.Of(first); // spaces not written yet: none at the end of a line
        for (int column = from; column < to; column++)
        {
            owed += Gap;
            var cell = row[column];
            if (cell.Text.Length > 0)
            {
                ink.Write(new string(' ', owed));
                ink.Write(cell.Text, cell.Tone);
                owed = 0;
            }

            owed += widths[column] - cell.Width;
        }

        ink.WriteLine();
    }
}
