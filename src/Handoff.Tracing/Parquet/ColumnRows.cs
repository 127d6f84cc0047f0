using System.Runtime.CompilerServices;

namespace Handoff.Tracing.Parquet;

/// <summary>Rows of one column: numbers, or numbers that stand for texts. Reused from group to group.</summary>
internal sealed class ColumnRows
{
    private long[] _values = []; // of rows that have one; grows: most tables are small
    private byte[] _present = []; // a bit for each row; all zero until some rows have a value and others do not
    private readonly List<ReadOnlyMemory<char>> _texts = []; // what values of a text column stand for
    private readonly Dictionary<string, int> _textNumbers = [];

    /// <summary>How many rows there are.</summary>
    internal int Count { get; private set; }

    /// <summary>How many of them have a value.</summary>
    internal int ValueCount { get; private set; }

    /// <summary>The values of rows that have one, in order.</summary>
    internal ReadOnlyMemory<long> Values => _values.AsMemory(0, ValueCount);

    /// <summary>A bit for each row, the lowest first: whether it has a value. Only to be asked where some have and others have not.</summary>
    internal ReadOnlySpan<byte> Present => _present.AsSpan(0, (Count + 7) / 8);

    /// <summary>Texts that values stand for, each once; every one is used.</summary>
    internal IReadOnlyList<ReadOnlyMemory<char>> Texts => _texts;

    /// <summary>Adds a row with a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(long value)
    {
        long[] values = _values;
        int row = Count, at = ValueCount;
        if ((uint)row >= (uint)values.Length)
            values = Grow();
        if (at != row)
            _present[row >> 3] |= (byte)(1 << (row & 7));
        values[at] = value;
        ValueCount = at + 1;
        Count = row + 1;
    }

    /// <summary>Adds a row without one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AddMissing()
    {
        int row = Count;
        if ((uint)row >= (uint)_values.Length)
            Grow();
        if (row == ValueCount)
            MarkAll();
        Count = row + 1;
    }

    /// <summary>Adds one value for many rows.</summary>
    internal void AddRepeated(long value, int rows)
    {
        for (int i = 0; i < rows; i++)
            Add(value);
    }

    /// <summary>Finds or makes the value that stands for a text.</summary>
    internal int NumberOf(string text)
    {
        if (!_textNumbers.TryGetValue(text, out int number))
        {
            _textNumbers.Add(text, number = _texts.Count);
            _texts.Add(text.AsMemory());
        }

        return number;
    }

    internal void Clear()
    {
        if (ValueCount != Count)
            Array.Clear(_present, 0, Present.Length);
        (Count, ValueCount) = (0, 0);
        _texts.Clear();
        _textNumbers.Clear();
    }

    private long[] Grow()
    {
        int rows = Math.Max(256, _values.Length * 2);
        Array.Resize(ref _present, rows / 8);
        Array.Resize(ref _values, rows);
        return _values;
    }

    // The first row without a value: those before it have one.
    private void MarkAll()
    {
        _present.AsSpan(0, Count / 8).Fill(0xff);
        if ((Count & 7) != 0)
            _present[Count / 8] = (byte)((1 << (Count & 7)) - 1);
    }
}
