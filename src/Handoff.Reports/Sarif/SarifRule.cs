namespace Handoff.Reports.Sarif;

/// <summary>A kind of result, and what a reader should know about it.</summary>
/// <param name="Id">Identifier that never changes its meaning.</param>
/// <param name="Level">How serious its results usually are.</param>
/// <param name="Title">What is wrong, one line without a full stop.</param>
/// <param name="Meaning">What it does or means, one or more sentences.</param>
/// <param name="Hint">What to do, one or more sentences.</param>
internal sealed record SarifRule(string Id, SarifLevel Level, string Title, string Meaning, string Hint);
