using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Findings;

/// <summary>Replays the recorded load on other machines.</summary>
/// <param name="configurations">The machines.</param>
/// <returns>What the load did on each, in the same order.</returns>
public delegate IReadOnlyList<ReplayOutcome> CureTrial(IReadOnlyList<ReplayConfiguration> configurations);
