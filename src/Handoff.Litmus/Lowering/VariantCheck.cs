using Handoff.Kernels;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Exploration.BruteForce;
using Handoff.Litmus.Language;
using Handoff.Litmus.Model;
using Handoff.Litmus.Witnesses;

namespace Handoff.Litmus.Lowering;

/// <summary>Explores a test on one machine: all orders of calls into the mapping layer, all schedules, all moves of the cache.</summary>
internal static class VariantCheck
{
    /// <summary>More orders of calls into the mapping layer than this, or than the bound on states, are not tried.</summary>
    public const int MostOrders = 10_000;

    /// <summary>Verdicts as flags and by their names, gravest first.</summary>
    public static readonly (Verdicts Flag, Verdict Verdict)[] Names =
    [
        (Verdicts.Wild, Verdict.Wild), (Verdicts.Leak, Verdict.Leak), (Verdicts.Lost, Verdict.Lost), (Verdicts.Stale, Verdict.Stale),
        (Verdicts.Fails, Verdict.Fails), (Verdicts.Contract, Verdict.Contract),
    ];

    public static VariantResult Run(
        LitmusTest test, KernelProfile kernel, MachineVariant machine, CheckOptions options, CancellationToken cancellation)
    {
        Verdicts possible = Verdicts.None, certain = (Verdicts)~0;
        long states = 0, transitions = 0;
        var outcome = ExplorationOutcome.Complete;
        var findings = new List<CheckFinding>();
        var stories = new List<Story>();
        var errors = new SortedSet<Errno>();
        var bounds = new ExplorationBounds { MaxStates = options.MaxStates, Timeout = options.Timeout, Progress = options.Progress };
        SearchMemory memory = options.Memory ?? new SearchMemory();
        int orders = 0;
        foreach (LoweredTest lowered in Lowerer.Orders(test, kernel, machine))
        {
            outcome = cancellation.IsCancellationRequested ? ExplorationOutcome.Cancelled
                : orders++ == Math.Min(MostOrders, options.MaxStates) ? lowered.TooLarge ? ExplorationOutcome.TooLarge : ExplorationOutcome.OrderLimit
                : ExplorationOutcome.Complete;
            if (outcome != ExplorationOutcome.Complete)
                break;

            ExplorationResult? found = !options.BruteForce ? memory.Explore(lowered, bounds, cancellation)
                : lowered.TooLarge ? null
                : BruteForceExplorer.Explore(lowered.Program, options.MaxStates, cancellation);
            if (found is not { } result)
            {
                outcome = ExplorationOutcome.TooLarge;
                break;
            }

            possible |= result.Possible;
            certain &= result.Certain;
            states += result.States;
            transitions += result.Transitions;
            errors.UnionWith(lowered.Errors);
            foreach (int finding in result.Findings.Concat(lowered.Certain).Distinct().Order())
            {
                if (!findings.Contains(lowered.Findings[finding]))
                    findings.Add(lowered.Findings[finding]);
            }

            if (options.Witnesses)
                AddStories(stories, lowered, result.Possible, cancellation);
            if (result.Outcome == ExplorationOutcome.Complete)
                continue;
            outcome = result.Outcome;
            break;
        }

        if (outcome != ExplorationOutcome.Complete)
            certain = Verdicts.None;
        return new VariantResult
        {
            Machine = machine,
            Verdicts = [.. Names.Where(n => (possible & n.Flag) != 0).Select(n => new VerdictResult(
                n.Verdict, (certain & n.Flag) != 0 ? Frequency.Always : Frequency.Sometimes)
            {
                Errors = n.Flag == Verdicts.Fails ? [.. errors] : [],
            })],
            Findings = findings,
            Stories = stories,
            Outcome = outcome,
            States = states,
            Transitions = transitions,
        };
    }

    private static void AddStories(List<Story> stories, LoweredTest lowered, Verdicts possible, CancellationToken cancellation)
    {
        foreach ((Verdicts flag, Verdict verdict) in Names)
        {
            if ((possible & flag) == 0 || stories.Exists(s => s.Verdict == verdict))
                continue;
            if (StoryTeller.Tell(lowered.Program, lowered.Choices, flag, verdict, cancellation) is { } story)
                stories.Add(story);
        }
    }
}
