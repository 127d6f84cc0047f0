namespace Handoff.Ownership;

/// <summary>A set of bytes of one mapping, as ranges that neither overlap nor touch.</summary>
internal sealed class RangeSet
{
    private readonly List<(ulong Start, ulong End)> _ranges = []; // ascending

    public void Clear() => _ranges.Clear();

    public void Add(ulong start, ulong end)
    {
        int at = 0;
        while (at < _ranges.Count && _ranges[at].End < start)
            at++;
        while (at < _ranges.Count && _ranges[at].Start <= end)
        {
            start = Math.Min(start, _ranges[at].Start);
            end = Math.Max(end, _ranges[at].End);
            _ranges.RemoveAt(at);
        }

        _ranges.Insert(at, (start, end));
    }

    public void Remove(ulong start, ulong end)
    {
        for (int at = _ranges.Count - 1; at >= 0; at--)
        {
            (ulong s, ulong e) = _ranges[at];
            if (e <= start || s >= end)
                continue;
            _ranges.RemoveAt(at);
            if (e > end)
                _ranges.Insert(at, (end, e));
            if (s < start)
                _ranges.Insert(at, (s, start));
        }
    }

    public bool Covers(ulong start, ulong end)
    {
        foreach ((ulong s, ulong e) in _ranges)
        {
            if (s <= start && end <= e)
                return true;
        }

        return false;
    }

    public bool Touches(ulong start, ulong end)
    {
        foreach ((ulong s, ulong e) in _ranges)
        {
            if (s < end && start < e)
                return true;
        }

        return false;
    }
}
