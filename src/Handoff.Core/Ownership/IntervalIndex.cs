namespace Handoff.Ownership;

/// <summary>
/// Intervals by address. Long and short ones are kept apart, so that one long mapping does not slow down the search among many short ones. Where
/// <see cref="MostCompared"/> crowd, further ones are left out and look-ups end early: the time of each call has a bound, whatever is mapped.
/// </summary>
internal sealed class IntervalIndex
{
    /// <summary>Intervals in one place (a page, a start) that are told apart, and that one look-up compares with. No driver maps so many at once.</summary>
    public const int MostCompared = 256;

    private const int PageShift = 12, ClassShift = 4; // each class holds intervals up to 16 times as long as the one before

    private readonly PageIntervals _upToPage = new(MostCompared);
    private readonly SortedIntervals?[] _longer = new SortedIntervals?[(64 - PageShift) / ClassShift];
    private int _classes; // of longer ones that are in use

    public void Clear()
    {
        _upToPage.Clear();
        foreach (SortedIntervals? list in _longer)
            list?.Clear();
    }

    /// <summary>Adds an interval, unless its place is crowded: then it is not found, and to remove it does nothing.</summary>
    public void Insert(ulong start, ulong size, int value)
    {
        if (size <= 1 << PageShift)
        {
            _upToPage.Insert(start, EndOf(start, size), value);
            return;
        }

        int number = ClassOf(size);
        _classes = Math.Max(_classes, number + 1);
        (_longer[number] ??= new SortedIntervals(MostCompared)).Insert(start, EndOf(start, size), value);
    }

    public bool Remove(ulong start, ulong size, int value) =>
        size <= 1 << PageShift ? _upToPage.Remove(start, value) : _longer[ClassOf(size)]?.Remove(start, value) ?? false;

    /// <summary>Adds the numbers of all intervals that share a byte with the given one.</summary>
    /// <returns>Whether all were compared; if not, there may be others.</returns>
    public bool Overlapping(ulong start, ulong size, List<int> found)
    {
        ulong end = EndOf(start, size);
        bool all = true;
        if (_upToPage.Count > 0)
            all = _upToPage.Overlapping(start, end, found);
        for (int number = 0; number < _classes; number++)
        {
            if (_longer[number] is { Count: > 0 } list)
                all &= list.Overlapping(start, end, found);
        }

        return all;
    }

    private static ulong EndOf(ulong start, ulong size)
    {
        ulong end = unchecked(start + size);
        return end < start ? ulong.MaxValue : end;
    }

    private static int ClassOf(ulong size) => (63 - PageShift - System.Numerics.BitOperations.LeadingZeroCount(size - 1)) / ClassShift;
}
