using System.Collections.Immutable;

namespace Handoff.Litmus.Model;

/// <summary>A verdict that a step raises depending on how far other agents have got.</summary>
/// <param name="Windows">The spans in question.</param>
/// <param name="RaiseInside">Raise if any window holds (a CPU touches what a device owns), or if none does (no live mapping).</param>
/// <param name="Verdict">What is raised.</param>
/// <param name="Finding">Index of the finding that explains it, or -1.</param>
internal sealed record WindowCheck(ImmutableArray<Window> Windows, bool RaiseInside, Verdicts Verdict, int Finding = -1);
