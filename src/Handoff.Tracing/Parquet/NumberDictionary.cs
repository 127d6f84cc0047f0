using System.Numerics;

namespace Handoff.Tracing.Parquet;

/// <summary>Finds out whether a column has few different numbers, and which. Reused from column to column.</summary>
internal sealed class NumberDictionary
{
    private const int Fewest = 4; // rows for each different number, otherwise it is not worth it
    private const int Most = 1 << 15;

    private long[] _numbers = []; // by code
    private int[] _slots = []; // code + 1 by hash, 0 = free; at most half full
    private long[] _codes = [];
    private int _count;
    private int _rows;

    /// <summary>The different numbers.</summary>
    internal ReadOnlySpan<long> Numbers => _numbers.AsSpan(0, _count);

    /// <summary>For each value its place among them.</summary>
    internal ReadOnlySpan<long> Codes => _codes.AsSpan(0, _rows);

    /// <summary>Looks through values; gives up, with <see langword="false"/>, when there are too many different ones.</summary>
    internal bool TryFill(ReadOnlySpan<long> values)
    {
        int limit = Math.Min(values.Length / Fewest, Most);
        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, limit * 2));
        if (_slots.Length < slots)
            (_slots, _numbers) = (new int[slots], new long[slots]);
        if (_codes.Length < values.Length)
            _codes = new long[values.Length];
        Array.Clear(_slots, 0, slots);
        int shift = 64 - BitOperations.Log2((uint)slots);
        (_count, _rows) = (0, values.Length);
        for (int row = 0; row < values.Length; row++)
        {
            long value = values[row];
            int slot = (int)(((ulong)value * 0x9e37_79b9_7f4a_7c15) >> shift);
            int code;
            while ((code = _slots[slot] - 1) >= 0 && _numbers[code] != value)
                slot = (slot + 1) & (slots - 1);
            if (code < 0)
            {
                if (_count == limit)
                    return false;
                _numbers[code = _count++] = value;
                _slots[slot] = _count;
            }

            _codes[row] = code;
        }

        return true;
    }
}
