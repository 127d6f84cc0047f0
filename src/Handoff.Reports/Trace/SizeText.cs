using Handoff.Tracing.Findings;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Sizing;

namespace Handoff.Reports.Trace;

/// <summary>What other sizes of the pool do, in a few sentences: the curve around its knee.</summary>
internal static class SizeText
{
    private const int MostPoints = 5;

    /// <summary>The curve, its knee, and the smallest size without failure.</summary>
    /// <param name="sizes">The sizes that were tried.</param>
    /// <param name="parameter">The value of <c>swiotlb=</c> that makes one of them.</param>
    public static string Of(SizeResult sizes, Func<ReplayOutcome, string> parameter)
    {
        List<ReplayOutcome> points = Points(sizes);
        if (points.Count == 0)
            return "No pool of another size can be made on this machine.";
        string curve = string.Join(", ", points.Select(static (p, i) => p.FailuresBySize == 0 ? $"{Bytes(p)} none" : i == 0 ? $"{Bytes(p)} {Words.Count(p.FailuresBySize, "failure")}" : $"{Bytes(p)} {Words.Number(p.FailuresBySize)}"));
        return $"{curve}. {Knee(sizes)}{Smallest(sizes, parameter)}";
    }

    /// <summary>The last few sizes up to the recommended one.</summary>
    private static List<ReplayOutcome> Points(SizeResult sizes)
    {
        int last = (sizes.WithHeadroom ?? sizes.Smallest)?.PoolSlots ?? int.MaxValue;
        var points = sizes.Curve.Where(p => p.PoolSlots > 0 && p.PoolSlots <= last).ToList();
        return points.Count <= MostPoints ? points : points.GetRange(points.Count - MostPoints, MostPoints);
    }

    private static string Knee(SizeResult sizes) => sizes.Knee is not { } knee ? ""
        : knee.FailuresBySize == 0 || knee.FailuresBySize == sizes.Curve[0].FailuresBySize ? ""
        : $"Most are gone at {Bytes(knee)}. ";

    private static string Smallest(SizeResult sizes, Func<ReplayOutcome, string> parameter)
    {
        if (sizes.Smallest is not { } smallest)
            return "No size serves the load.";
        string without = sizes.Unhelped.IsEmpty ? "a failure" : "one; what fails of other causes is not counted"; // no size mends those
        string first = $"{Bytes(smallest)} (swiotlb={parameter(smallest)}) is the smallest without {without}";
        if (sizes.WithHeadroom is not { } wide)
            return $"{first}; none leaves a quarter of itself free.";
        string free = Words.Percent(wide.PoolSlots - wide.HighWaterSlots, wide.PoolSlots);
        return wide.PoolSlots == smallest.PoolSlots ? $"{first}; {free} of it stays free." : $"{first}; with {Bytes(wide)} (swiotlb={parameter(wide)}) {free} stays free.";
    }

    private static string Bytes(ReplayOutcome outcome) => Words.Bytes(outcome.PoolSlots * (double)BouncePool.SlotSize);
}
