using System.Numerics;
using System.Runtime.CompilerServices;

namespace Handoff.Tracing.Mappings;

/// <summary>Counts values by powers of two: bucket 0 holds zero, bucket n what is above half of 2^(n-1) and up to it.</summary>
public sealed class LogHistogram
{
    private readonly long[] _counts = new long[66];

    /// <summary>Number of values.</summary>
    public long Count { get; private set; }

    /// <summary>The largest value.</summary>
    public ulong Maximum { get; private set; }

    /// <summary>Sum of all values; wraps beyond 64 bits.</summary>
    public ulong Sum { get; private set; }

    /// <summary>Counts by bucket.</summary>
    public ReadOnlySpan<long> Buckets => _counts;

    /// <summary>The largest value of a bucket.</summary>
    public static ulong EndOf(int bucket) => bucket switch { 0 => 0, > 64 => ulong.MaxValue, _ => 1UL << (bucket - 1) };

    /// <summary>The bucket of a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BucketOf(ulong value) => value == 0 ? 0 : 65 - BitOperations.LeadingZeroCount(value - 1);

    /// <summary>
    /// A value that at most a part of all values exceed, exact to the power of two: the end of the bucket in which the part is reached, or
    /// the maximum.
    /// </summary>
    /// <param name="part">0 to 1.</param>
    public ulong Quantile(double part)
    {
        long wanted = (long)Math.Ceiling(part * Count), seen = 0;
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted && seen > 0)
                return Math.Min(Maximum, EndOf(bucket));
        }

        return Maximum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(ulong value)
    {
        _counts[BucketOf(value)]++;
        Count++;
        Sum = unchecked(Sum + value);
        if (value > Maximum)
            Maximum = value;
    }
}
