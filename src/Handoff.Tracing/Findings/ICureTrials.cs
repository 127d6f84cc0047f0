using Handoff.Tracing.Replay;
using Handoff.Tracing.Sizing;

namespace Handoff.Tracing.Findings;

/// <summary>Replays the recorded load on other machines.</summary>
public interface ICureTrials
{
    /// <summary>The load replayed on the recorded machine itself; <see langword="null"/> until something was tried.</summary>
    ReplayOutcome? Baseline { get; }

    /// <summary>Whether to try also what only saves time, which is worth less waiting.</summary>
    bool TriesCosts { get; }

    /// <summary>Replays.</summary>
    /// <param name="configurations">The machines.</param>
    /// <returns>What the load did on each, in the same order; empty if interrupted.</returns>
    IReadOnlyList<ReplayOutcome> Run(IReadOnlyList<ReplayConfiguration> configurations);

    /// <summary>Replays the load on every size of the default pool up to the first that serves it; <see langword="null"/> if interrupted.</summary>
    SizeResult? Sizes();
}
