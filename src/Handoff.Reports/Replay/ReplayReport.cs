using Handoff.Tracing.Replay;

namespace Handoff.Reports.Replay;

/// <summary>What a load did on several configurations.</summary>
/// <param name="Load">The load.</param>
/// <param name="Recorded">The recorded configuration.</param>
/// <param name="Outcomes">The configurations asked for, in order.</param>
/// <param name="Elapsed">How long the replays took.</param>
public sealed record ReplayReport(RecordedLoad Load, ReplayOutcome Recorded, IReadOnlyList<ReplayOutcome> Outcomes, TimeSpan Elapsed)
{
    /// <summary>Whether the replay was ended before the load was.</summary>
    public bool Interrupted { get; init; }

    /// <summary>Whether some configuration asked for (or, if none was, the recorded one) serves the load without a failure.</summary>
    public bool AnyWithoutFailure => Outcomes.Count == 0 ? Recorded.Failures == 0 : Outcomes.Any(static outcome => outcome.Failures == 0);
}
