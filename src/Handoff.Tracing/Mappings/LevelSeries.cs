using System.Runtime.CompilerServices;

namespace Handoff.Tracing.Mappings;

/// <summary>A quantity that goes up and down, such as slots in use: its lowest and highest value in each part of a recording.</summary>
public sealed class LevelSeries
{
    private readonly long[] _lowest = new long[SeriesClock.Buckets];
    private readonly long[] _highest = new long[SeriesClock.Buckets];
    private int _last; // part written last; earlier ones are complete
    private long _low, _high; // of the part written last

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
    public long HighestIn(int bucket) => bucket < _last ? _highest[bucket] : bucket == _last ? _high : Current;

    /// <summary>Lowest value in a part.</summary>
    public long LowestIn(int bucket) => bucket < _last ? _lowest[bucket] : bucket == _last ? _low : Current;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(int bucket, ulong time, long change)
    {
        if (bucket > _last) // otherwise the last part it is, also if the time of another CPU went back a little
            FillTo(bucket);
        long value = Current + change;
        Current = value;
        if (value > _high)
        {
            _high = value;
            if (value > Peak)
                (Peak, PeakTime) = (value, time);
        }
        else if (value < _low)
        {
            _low = value;
        }
    }

    /// <summary>Sets the value to zero, because what is known of it ends here.</summary>
    internal void Reset(int bucket, ulong time) => Add(bucket, time, -Current);

    internal void MergePairs()
    {
        (_lowest[_last], _highest[_last]) = (_low, _high);
        for (int i = 0; 2 * i <= _last; i++)
        {
            bool pair = (2 * i) + 1 <= _last;
            _lowest[i] = pair ? Math.Min(_lowest[2 * i], _lowest[(2 * i) + 1]) : _lowest[2 * i];
            _highest[i] = pair ? Math.Max(_highest[2 * i], _highest[(2 * i) + 1]) : _highest[2 * i];
        }

        _last /= 2;
        (_low, _high) = (_lowest[_last], _highest[_last]);
    }

    private void FillTo(int bucket)
    {
        (_lowest[_last], _highest[_last]) = (_low, _high);
        while (++_last < bucket)
            _lowest[_last] = _highest[_last] = Current;
        _low = _high = Current;
    }
}
