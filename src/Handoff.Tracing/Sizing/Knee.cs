namespace Handoff.Tracing.Sizing;

/// <summary>Where a curve of failures over size bends: up to there doubling the pool helps much, from there on little.</summary>
public static class Knee
{
    /// <summary>
    /// The point that lies farthest below the straight line from the first to the last point, with sizes on a logarithmic scale. Where no
    /// point lies below it, the last one.
    /// </summary>
    /// <param name="curve">Sizes in ascending order, with failures.</param>
    /// <returns>Index of the point; -1 for an empty curve.</returns>
    public static int IndexOf(IReadOnlyList<(double Size, double Failures)> curve)
    {
        ArgumentNullException.ThrowIfNull(curve);
        if (curve.Count == 0)
            return -1;
        (double firstSize, double firstFailures) = curve[0];
        (double lastSize, double lastFailures) = curve[^1];
        double width = Math.Log2(lastSize / firstSize), height = firstFailures - lastFailures;
        if (width <= 0 || height <= 0)
            return height <= 0 ? 0 : curve.Count - 1;
        int best = curve.Count - 1;
        double farthest = 1e-9;
        for (int i = 1; i < curve.Count - 1; i++)
        {
            double line = firstFailures - (height * Math.Log2(curve[i].Size / firstSize) / width);
            double below = (line - curve[i].Failures) / height;
            if (below > farthest)
                (best, farthest) = (i, below);
        }

        return best;
    }
}
