namespace Handoff.Reports.Sarif;

/// <summary>One step on the way to a result.</summary>
/// <param name="Text">Who does what.</param>
/// <param name="Place">Where it stands; <see langword="null"/> if nowhere.</param>
internal sealed record SarifStep(string Text, SarifPlace? Place);
