namespace Handoff.Tracing.Mappings;

/// <summary>A quantity that goes up and down, such as slots in use: its lowest and highest value in each part of a recording.</summary>
public sealed class LevelSeries
{
    private readonly long[] _lowest = new long[SeriesClock.Buckets];
    private readonly long[] _highest = new long[SeriesClock.Buckets];
    private int _last; // part written last; earlier ones are complete

    internal LevelSeries()
    {
    }

    /// <summary>The value now.</summary>
    public long Current { get; private set; }

    /// <summary>The highest value ever.</summary>
    public long Peak { get; private set; }

    /// <summary>When the highest value was reached first, in the recording's units.</summary>
    public ulong PeakTime { get; private set; }

    /// <summary>Highest value in a part.</summary>
    public long HighestIn(int bucket) => bucket <= _last ? _highest[bucket] : Current;

    /// <summary>Lowest value in a part.</summary>
    public long LowestIn(int bucket) => bucket <= _last ? _lowest[bucket] : Current;

    internal void Add(int bucket, ulong time, long change)
    {
        if (bucket > _last)
            FillTo(bucket);
        else
            bucket = _last; // time of another CPU went back a little
        long value = Current += change;
        if (value > _highest[bucket])
        {
            _highest[bucket] = value;
            if (value > Peak)
                (Peak, PeakTime) = (value, time);
        }
        else if (value < _lowest[bucket])
        {
            _lowest[bucket] = value;
        }
    }

    /// <summary>Sets the value to zero, because what is known of it ends here.</summary>
    internal void Reset(int bucket, ulong time) => Add(bucket, time, -Current);

    internal void MergePairs()
    {
        for (int i = 0; 2 * i <= _last; i++)
        {
            bool pair = (2 * i) + 1 <= _last;
            _lowest[i] = pair ? Math.Min(_lowest[2 * i], _lowest[(2 * i) + 1]) : _lowest[2 * i];
            _highest[i] = pair ? Math.Max(_highest[2 * i], _highest[(2 * i) + 1]) : _highest[2 * i];
        }

        _last /= 2;
    }

    private void FillTo(int bucket)
    {
        while (_last < bucket)
        {
            _last++;
            _lowest[_last] = _highest[_last] = Current;
        }
    }
}
