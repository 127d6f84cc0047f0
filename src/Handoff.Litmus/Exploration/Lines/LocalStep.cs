using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration.Lines;

/// <summary>A step as one group of cells sees it.</summary>
internal sealed record LocalStep(StepRef Step, LocalOperation[] Operations);
