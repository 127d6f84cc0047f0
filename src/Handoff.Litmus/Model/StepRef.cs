namespace Handoff.Litmus.Model;

/// <summary>One step of one agent.</summary>
internal readonly record struct StepRef(int Agent, int Index);
