using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary><c>expect stale sometimes on linux-6.5..linux-6.12 when noncoherent;</c></summary>
/// <param name="Verdicts">What must be found; a single <see cref="Verdict.Ok"/> for nothing.</param>
/// <param name="Kernels">For which kernels; empty: for all.</param>
/// <param name="Conditions">For which machines (all must hold); empty: for all.</param>
public sealed record Expectation(
    ImmutableArray<ExpectedVerdict> Verdicts,
    ImmutableArray<KernelSelector> Kernels,
    ImmutableArray<Located<MachineCondition>> Conditions) : SyntaxNode;
