namespace Handoff.Tracing.Mappings;

/// <summary>
/// Divides the time of a recording into at most <see cref="Buckets"/> equal parts without knowing its length: when time runs past the last
/// part, parts double and series merge pairs.
/// </summary>
public sealed class SeriesClock
{
    /// <summary>Most parts.</summary>
    public const int Buckets = 512;

    private readonly List<LevelSeries> _levels = [];
    private readonly List<RateSeries> _rates = [];
    private ulong _origin;
    private int _shift = 10; // a part is 2^_shift units of time
    private bool _started;

    /// <summary>Time of the first event, in the recording's units.</summary>
    public ulong Origin => _origin;

    /// <summary>Length of one part, in the recording's units.</summary>
    public ulong Width => 1UL << _shift;

    /// <summary>Number of parts up to the latest time seen.</summary>
    public int Count { get; private set; }

    /// <summary>Start of a part, in the recording's units.</summary>
    public ulong StartOf(int bucket) => _origin + ((ulong)bucket << _shift);

    internal LevelSeries NewLevel()
    {
        var series = new LevelSeries();
        _levels.Add(series);
        return series;
    }

    internal RateSeries NewRate()
    {
        var series = new RateSeries();
        _rates.Add(series);
        return series;
    }

    /// <summary>The part of a time. Times before the first event count as the first part.</summary>
    internal int BucketOf(ulong time)
    {
        if (!_started)
            (_started, _origin) = (true, time);
        ulong since = time < _origin ? 0 : time - _origin;
        while (since >> _shift >= Buckets)
            Double();
        int bucket = (int)(since >> _shift);
        if (bucket >= Count)
            Count = bucket + 1;
        return bucket;
    }

    private void Double()
    {
        _shift++;
        Count = (Count + 1) / 2;
        foreach (LevelSeries series in _levels)
            series.MergePairs();
        foreach (RateSeries series in _rates)
            series.MergePairs();
    }
}
