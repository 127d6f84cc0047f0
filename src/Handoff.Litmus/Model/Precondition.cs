namespace Handoff.Litmus.Model;

/// <summary>A step that must have been taken before another one may be.</summary>
/// <param name="Step">The earlier step.</param>
/// <param name="Orders">
/// Whether the pair also orders memory accesses (signal and wait, start and wait). Without it the pair only selects
/// the schedules in which the mapping layer was called in one particular order.
/// </param>
internal readonly record struct Precondition(StepRef Step, bool Orders = true);
