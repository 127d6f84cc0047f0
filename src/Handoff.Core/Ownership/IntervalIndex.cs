namespace Handoff.Ownership;

/// <summary>Intervals by address. Long and short ones are kept apart, so that one long mapping does not slow down the search among many short ones.</summary>
internal sealed class IntervalIndex
{
    private const ulong PageSize = 4096;

    private readonly PageIntervals _upToPage = new();
    private readonly SortedIntervals _upTo64K = new(), _upTo1M = new(), _longer = new();

    public void Clear()
    {
        _upToPage.Clear();
        foreach (SortedIntervals list in (ReadOnlySpan<SortedIntervals>)[_upTo64K, _upTo1M, _longer])
            list.Clear();
    }

    public void Insert(ulong start, ulong size, int value)
    {
        if (size <= PageSize)
            _upToPage.Insert(start, EndOf(start, size), value);
        else
            ListOf(size).Insert(start, EndOf(start, size), value);
    }

    public bool Remove(ulong start, ulong size, int value) => size <= PageSize ? _upToPage.Remove(start, value) : ListOf(size).Remove(start, value);

    /// <summary>Adds the numbers of all intervals that share a byte with the given one.</summary>
    public void Overlapping(ulong start, ulong size, List<int> found)
    {
        ulong end = EndOf(start, size);
        if (_upToPage.Count > 0)
            _upToPage.Overlapping(start, end, found);
        if (_upTo64K.Count > 0)
            _upTo64K.Overlapping(start, end, found);
        if (_upTo1M.Count > 0)
            _upTo1M.Overlapping(start, end, found);
        if (_longer.Count > 0)
            _longer.Overlapping(start, end, found);
    }

    public IEnumerable<int> Values() => _upToPage.Values().Concat(_upTo64K.Values()).Concat(_upTo1M.Values()).Concat(_longer.Values());

    private static ulong EndOf(ulong start, ulong size)
    {
        ulong end = unchecked(start + size);
        return end < start ? ulong.MaxValue : end;
    }

    private SortedIntervals ListOf(ulong size) =>
        size <= 65536 ? _upTo64K : size <= 1 << 20 ? _upTo1M : _longer;
}
