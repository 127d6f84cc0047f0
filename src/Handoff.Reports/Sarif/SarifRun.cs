namespace Handoff.Reports.Sarif;

/// <summary>All that a run has to say.</summary>
/// <param name="Version">Version of the program, as SemVer.</param>
/// <param name="Category">What was run, such as <c>check</c>.</param>
/// <param name="Completed">Whether everything that was asked for was looked at.</param>
/// <param name="Paths">The files looked at.</param>
/// <param name="Results">What was found.</param>
internal sealed record SarifRun(string Version, string Category, bool Completed, IReadOnlyList<string> Paths, IReadOnlyList<SarifResult> Results);
