using System.Numerics;

namespace Handoff.Tracing.Replay;

/// <summary>How long mappings lived, in steps of a quarter octave: enough for a median, at a fixed size.</summary>
internal sealed class LifetimeHistogram
{
    private readonly long[] _counts = new long[64 * 4];
    private long _total;

    public void Add(ulong nanoseconds)
    {
        _counts[BucketOf(nanoseconds)]++;
        _total++;
    }

    /// <summary>The middle of the bucket in which the median lies, in nanoseconds; 0 if nothing was added.</summary>
    public ulong Median()
    {
        long seen = 0;
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen * 2 >= _total && seen > 0)
                return MiddleOf(bucket);
        }

        return 0;
    }

    private static int BucketOf(ulong value)
    {
        if (value < 4)
            return (int)value;
        int octave = BitOperations.Log2(value);
        return (octave * 4) + (int)((value >> (octave - 2)) & 3);
    }

    private static ulong MiddleOf(int bucket)
    {
        if (bucket < 4)
            return (ulong)bucket;
        int octave = bucket / 4;
        ulong step = 1UL << (octave - 2);
        return ((ulong)(4 + (bucket & 3)) * step) + (step / 2);
    }
}
