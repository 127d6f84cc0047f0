using System.Numerics;

namespace Handoff.Litmus.Exploration.Search;

/// <summary>Where the parts of a state lie in its words: progress of each agent, verdicts raised by checks, the set of each group.</summary>
internal sealed class StateLayout
{
    private readonly (int Word, int Shift, ulong Mask)[] _fields;

    /// <param name="widths">Bits of each field, in order.</param>
    public StateLayout(IEnumerable<int> widths)
    {
        var fields = new List<(int, int, ulong)>();
        int word = 0, shift = 0;
        foreach (int width in widths)
        {
            if (shift + width > 64)
                (word, shift) = (word + 1, 0);
            fields.Add((word, shift, (1UL << width) - 1));
            shift += width;
        }

        _fields = [.. fields];
        Words = word + 1;
    }

    public int Words { get; }

    public static int BitsFor(int values) => Math.Max(1, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(values - 1, 1)));

    public int Get(ReadOnlySpan<ulong> state, int field)
    {
        (int word, int shift, ulong mask) = _fields[field];
        return (int)(state[word] >> shift & mask);
    }

    /// <summary>Writes a field; <see langword="false"/> if the value has more bits than the field.</summary>
    public bool Set(Span<ulong> state, int field, int value)
    {
        (int word, int shift, ulong mask) = _fields[field];
        state[word] = (state[word] & ~(mask << shift)) | ((ulong)value & mask) << shift;
        return (ulong)value <= mask;
    }
}
