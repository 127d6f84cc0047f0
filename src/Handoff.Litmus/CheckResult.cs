using Handoff.Litmus.Exploration;
using Handoff.Litmus.Language;

namespace Handoff.Litmus;

/// <summary>What a test does under one kernel, on every machine that it leaves open.</summary>
public sealed record CheckResult
{
    /// <summary>The test.</summary>
    public required LitmusTest Test { get; init; }

    /// <summary>Name of the kernel profile.</summary>
    public required string Kernel { get; init; }

    /// <summary>One result per machine, in a fixed order.</summary>
    public required IReadOnlyList<VariantResult> Variants { get; init; }

    /// <summary>Verdicts over all machines: always means in every behaviour on every machine. Gravest first; empty for ok.</summary>
    public required IReadOnlyList<VerdictResult> Verdicts { get; init; }

    /// <summary>Time taken.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>States visited on all machines.</summary>
    public long States => Variants.Sum(v => v.States);

    /// <summary>Steps tried on all machines.</summary>
    public long Transitions => Variants.Sum(v => v.Transitions);

    /// <summary>Whether every search saw everything.</summary>
    public bool Conclusive => Variants.All(v => v.Outcome == ExplorationOutcome.Complete);

    /// <summary>Whether nothing goes wrong in any behaviour on any machine.</summary>
    public bool Ok => Conclusive && Verdicts.Count == 0;
}
