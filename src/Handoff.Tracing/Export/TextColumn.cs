using System.Runtime.CompilerServices;
using Handoff.Tracing.Parquet;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Export;

/// <summary>Text. Every different text of a group of rows is kept once; rows have its number.</summary>
/// <param name="name">The column's name.</param>
/// <param name="grown">Told how many characters were added to what is kept.</param>
internal sealed class TextColumn(string name, Action<int> grown) : ExportColumn(name, ParquetType.Text)
{
    private int[] _numbers = []; // [id] = the number of its text in this group, plus 1; 0 = not yet there, -1 = no text
    private readonly List<int> _ids = []; // with something in _numbers

    /// <summary>Adds text; empty text is none.</summary>
    internal void Add(string? text)
    {
        if (string.IsNullOrEmpty(text))
            Rows.AddMissing();
        else
            Rows.Add(NumberOf(text));
    }

    /// <summary>Adds a name that a recording has in a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(int id, NameTable names)
    {
        if (!TryAdd(id))
            Add(id, names[id]);
    }

    /// <summary>Adds the text of a number, if it is known in this group of rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryAdd(int id)
    {
        int number = (uint)id < (uint)_numbers.Length ? _numbers[id] : 0;
        if (number > 0)
            Rows.Add(number - 1);
        else if (number < 0)
            Rows.AddMissing();
        return number != 0;
    }

    /// <summary>Adds one text for many rows.</summary>
    internal void AddRepeated(string text, int rows) => Rows.AddRepeated(NumberOf(text), rows);

    /// <summary>Adds text that has a small number of its own: the same number means the same text.</summary>
    internal void Add(int id, string? text)
    {
        if (TryAdd(id))
            return;
        Find(id, text);
        TryAdd(id);
    }

    internal override ColumnRows Take()
    {
        foreach (int id in _ids)
            _numbers[id] = 0;
        _ids.Clear();
        return base.Take();
    }

    private void Find(int id, string? text)
    {
        if (id >= _numbers.Length)
            Array.Resize(ref _numbers, Math.Max(64, id * 2));
        _ids.Add(id);
        _numbers[id] = string.IsNullOrEmpty(text) ? -1 : NumberOf(text) + 1;
    }

    private int NumberOf(string text)
    {
        int before = Rows.Texts.Count, number = Rows.NumberOf(text);
        if (Rows.Texts.Count > before)
            grown(text.Length);
        return number;
    }
}
