namespace Handoff.Tracing.Bundles;

/// <summary>A restricted bounce pool.</summary>
/// <param name="Name">The reserved region's name.</param>
/// <param name="Range">Where it is.</param>
public sealed record RestrictedPoolFacts(string Name, MemoryRange Range);
