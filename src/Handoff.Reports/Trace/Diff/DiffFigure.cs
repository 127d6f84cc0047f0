namespace Handoff.Reports.Trace.Diff;

/// <summary>A number in two recordings.</summary>
/// <param name="Id">Its name in machine-readable output.</param>
/// <param name="Label">Its name for people.</param>
/// <param name="Before">In the first recording.</param>
/// <param name="After">In the second one.</param>
/// <param name="Unit">What it counts.</param>
/// <param name="MoreIsWorse">Whether more of it is worse, whatever the load.</param>
public sealed record DiffFigure(string Id, string Label, double Before, double After, DiffUnit Unit, bool MoreIsWorse = false)
{
    /// <summary>Whether it differs by more than a hundredth: two recordings of one load never agree to the last digit.</summary>
    public bool Differs => Before != After && Math.Abs(After - Before) > 0.01 * Math.Max(Math.Abs(Before), Math.Abs(After));

    /// <summary>Whether both are nothing.</summary>
    public bool IsNothing => Before == 0 && After == 0;
}
