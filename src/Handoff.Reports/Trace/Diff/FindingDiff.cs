using Handoff.Tracing.Findings;

namespace Handoff.Reports.Trace.Diff;

/// <summary>A finding in two recordings: the same kind about the same devices.</summary>
/// <param name="Before">In the first recording; <see langword="null"/> if it is new.</param>
/// <param name="After">In the second one; <see langword="null"/> if it is gone.</param>
public sealed record FindingDiff(TraceFinding? Before, TraceFinding? After)
{
    /// <summary>The finding, as late as it is known.</summary>
    public TraceFinding Finding => After ?? Before!;
}
