using Handoff.Litmus.Exploration.BruteForce;

namespace Handoff.Litmus.Witnesses;

/// <summary>Events in order, and the state after each.</summary>
internal sealed record WitnessPath(IReadOnlyList<WitnessEvent> Events, IReadOnlyList<WholeState> States);
