namespace Handoff.Reports.Trace.Diff;

/// <summary>Something about the machines that differs.</summary>
/// <param name="Id">Its name in machine-readable output.</param>
/// <param name="Label">Its name for people.</param>
/// <param name="Before">In the first recording; empty if not known or not there.</param>
/// <param name="After">In the second one.</param>
public sealed record DiffFact(string Id, string Label, string Before, string After);
