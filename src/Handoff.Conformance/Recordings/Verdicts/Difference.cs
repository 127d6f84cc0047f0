namespace Handoff.Conformance.Recordings.Verdicts;

/// <summary>One thing that the engine does not reproduce.</summary>
/// <param name="Place">File and line, or file and number of the event.</param>
/// <param name="Kind">What kind of case it is.</param>
/// <param name="Expected">What the engine says.</param>
/// <param name="Got">What was recorded.</param>
internal sealed record Difference(string Place, string Kind, string Expected, string Got);
