namespace Handoff.Tracing.Findings;

/// <summary>A device whose mappings pile up.</summary>
/// <param name="Group">The mappings that were never released.</param>
/// <param name="PerSecond">How many more there are each second.</param>
/// <param name="Confidence">Certain: there are so many, over so long, that nothing else explains them. Possible: they grew, in a few steps.</param>
internal sealed record LeakSuspect(SurvivorGroup Group, double PerSecond, Confidence Confidence);
