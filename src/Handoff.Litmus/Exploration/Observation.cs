using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration;

/// <summary>A version that a read of one cell returned in some behaviour.</summary>
internal readonly record struct Observation(StepRef Step, int Cell, int Version);
