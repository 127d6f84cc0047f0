using Handoff.Kernels;
using Handoff.Litmus;
using Handoff.Litmus.Cures;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Language;
using Handoff.Reports.Text;

namespace Handoff.Reports.Check;

/// <summary>One test under one kernel.</summary>
public sealed class CheckedCell
{
    /// <summary>Takes a result and compares it with what the test expects.</summary>
    public CheckedCell(KernelProfile kernel, CheckResult result)
    {
        Kernel = kernel;
        Result = result;
        Mismatches = result.Variants.Count == 0 ? [] : result.Mismatches;
        // What a cut search found is real, what it missed is not known: it can differ by too much, never by too little.
        State = result.Variants.Count == 0 ? CellState.NotApplicable
            : !result.Conclusive ? CellState.Inconclusive
            : Mismatches.Count > 0 ? CellState.Differs
            : CellState.AsExpected;
    }

    /// <summary>The kernel.</summary>
    public KernelProfile Kernel { get; }

    /// <summary>What was found.</summary>
    public CheckResult Result { get; }

    /// <summary>Expectations not met, as sentences.</summary>
    public IReadOnlyList<string> Mismatches { get; }

    /// <summary>How it compares.</summary>
    public CellState State { get; }

    /// <summary>Changes after which nothing goes wrong; <see langword="null"/> if nobody looked for any.</summary>
    public CureReport? Cures { get; init; }

    /// <summary>What ended the first search that did not see everything.</summary>
    public ExplorationOutcome EndedBy => Result.Variants.FirstOrDefault(variant => variant.Outcome != ExplorationOutcome.Complete)?.Outcome ?? ExplorationOutcome.Complete;

    /// <summary>The gravest verdict, or <see cref="Verdict.Ok"/>.</summary>
    public Verdict Gravest => Result.Verdicts.Count == 0 ? Verdict.Ok : Result.Verdicts[0].Verdict;

    /// <summary>The gravest verdict as written in tables: <c>ok</c>, <c>leak</c>, <c>fails EIO</c>; with a question mark where not everything is known.</summary>
    public string Word
    {
        get
        {
            if (State == CellState.NotApplicable)
                return "–";
            string word = VerdictText.Name(Gravest);
            if (Gravest == Verdict.Fails && Result.Verdicts[0].Errors is [var error])
                word += " " + error.KernelName();
            return State switch
            {
                CellState.Inconclusive => Gravest == Verdict.Ok ? "?" : word + " ?",
                CellState.Differs => word + " ✗",
                _ => word,
            };
        }
    }

    /// <summary>What the word means.</summary>
    public Tone Tone => State switch
    {
        CellState.NotApplicable => Tone.Muted,
        CellState.Inconclusive => Tone.Unknown,
        _ => VerdictText.ToneOf(Gravest),
    };
}
