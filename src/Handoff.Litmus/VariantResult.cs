using Handoff.Litmus.Exploration;
using Handoff.Litmus.Language;

namespace Handoff.Litmus;

/// <summary>What a test does on one machine.</summary>
public sealed record VariantResult
{
    /// <summary>The machine.</summary>
    public required MachineVariant Machine { get; init; }

    /// <summary>What can go wrong, gravest first; empty for ok.</summary>
    public required IReadOnlyList<VerdictResult> Verdicts { get; init; }

    /// <summary>Rules broken and errors returned.</summary>
    public required IReadOnlyList<CheckFinding> Findings { get; init; }

    /// <summary>Shortest stories, one per verdict where one was asked for.</summary>
    public IReadOnlyList<Witnesses.Story> Stories { get; init; } = [];

    /// <summary>How the search ended.</summary>
    public ExplorationOutcome Outcome { get; init; }

    /// <summary>States visited.</summary>
    public long States { get; init; }

    /// <summary>Steps tried.</summary>
    public long Transitions { get; init; }

    /// <summary>How often a verdict occurs here.</summary>
    public Frequency FrequencyOf(Verdict verdict)
    {
        if (verdict == Verdict.Ok)
            return Verdicts.Count == 0 ? Frequency.Always : Verdicts.Any(v => v.Frequency == Frequency.Always) ? Frequency.Never : Frequency.Sometimes;
        return Verdicts.FirstOrDefault(v => v.Verdict == verdict)?.Frequency ?? Frequency.Never;
    }
}
