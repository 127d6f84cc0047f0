namespace Handoff.Tracing.Mappings;

/// <summary>Something that happens again and again, such as maps: how often in each part of a recording.</summary>
public sealed class RateSeries
{
    private readonly long[] _sums = new long[SeriesClock.Buckets];

    internal RateSeries()
    {
    }

    /// <summary>How much in a part.</summary>
    public long In(int bucket) => _sums[bucket];

    internal void Add(int bucket, long amount) => _sums[bucket] += amount;

    internal void MergePairs()
    {
        for (int i = 0; i < SeriesClock.Buckets / 2; i++)
            _sums[i] = _sums[2 * i] + _sums[(2 * i) + 1];
        Array.Clear(_sums, SeriesClock.Buckets / 2, SeriesClock.Buckets / 2);
    }
}
