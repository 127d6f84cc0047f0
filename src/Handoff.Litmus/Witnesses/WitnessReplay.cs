using Handoff.Kernels;
using Handoff.Litmus.Exploration.BruteForce;
using Handoff.Litmus.Exploration.Lines;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Witnesses;

/// <summary>Takes the steps of a witness again, one by one, on the plain explorer's own moves.</summary>
public static class WitnessReplay
{
    /// <summary>Replays a witness.</summary>
    /// <param name="test">The test that it is about.</param>
    /// <param name="kernel">The kernel that it names.</param>
    /// <param name="witness">The witness.</param>
    /// <returns>The story as far as it could be taken, and what is wrong with the witness; <see langword="null"/> if it holds.</returns>
    public static (Story Story, WitnessProblem? Problem) Run(LitmusTest test, KernelProfile kernel, Witness witness)
    {
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(witness);
        var nothing = new Story(witness.Verdict, []);
        if (witness.TestDigest != Witness.DigestOf(test))
            return (nothing, new WitnessProblem(WitnessProblem.OtherTest, 0, $"the witness was made of another test or of an older state of this one (“{witness.Title}”)", "save a new one"));
        if (witness.Kernel != kernel.Name)
            return (nothing, new WitnessProblem(WitnessProblem.OtherKernel, 0, $"the witness was made under {witness.Kernel}, not {kernel.Name}"));
        if (witness.KernelDigest != Witness.DigestOf(kernel))
            return (nothing, new WitnessProblem(WitnessProblem.OtherKernel, 0, $"{kernel.Name} decided otherwise when the witness was made", "save a new one"));
        KnownMachine? machine = witness.On is { } on ? KnownMachines.Find(on) : null;
        if ((witness.On is not null && machine is null) || LitmusChecker.Placed(test, new CheckOptions { On = machine }) is not { } placed || !Variants.Of(placed).Contains(witness.Machine))
            return (nothing, new WitnessProblem(WitnessProblem.OtherMachine, 0, "the test does not leave the machine of the witness open"));

        var simulation = new Simulation(placed, kernel, witness.Machine, [.. witness.Choices]);
        LoweredTest lowered = simulation.Run();
        if (lowered.TooLarge || !simulation.Taken.SequenceEqual(witness.Choices))
            return (nothing, new WitnessProblem(WitnessProblem.OtherMachine, 0, "the test's threads cannot call the mapping layer in this order"));
        if (!new Grouping(lowered.Program).Groups.Exists(g => g.SequenceEqual(witness.Cells)))
            return (nothing, new WitnessProblem(WitnessProblem.OtherMachine, 0, "the test has no such cells"));
        return Take(Projection.To(lowered.Program, [.. witness.Cells]), witness);
    }

    private static (Story Story, WitnessProblem? Problem) Take(AtomicProgram program, Witness witness)
    {
        Verdicts wanted = VariantCheck.Names.First(n => n.Verdict == witness.Verdict).Flag;
        var moves = new PlainMoves(program);
        WholeState state = WholeState.Initial(program);
        var story = new List<StoryStep>();
        WitnessProblem? problem = null;
        for (int i = 0; i < witness.Steps.Count && problem is null; i++)
        {
            WitnessStep step = witness.Steps[i];
            if (moves.Replay(state, step.What) is not { } after)
            {
                problem = new WitnessProblem(WitnessProblem.NotPossible, i + 1, $"{step.Actor} cannot do that here: {step.Text}");
                break;
            }

            state = after;
            StoryStep taken = StoryTeller.Step(program, step.What, state);
            story.Add(taken);
            bool last = i == witness.Steps.Count - 1;
            if (taken.Actor != step.Actor || taken.Text != step.Text)
                problem = new WitnessProblem(WitnessProblem.Differs, i + 1, $"the file says “{step.Actor}: {step.Text}”, but the step is “{taken.Actor}: {taken.Text}”");
            else if (Difference(step.Memory, taken.Cells) is { } difference)
                problem = new WitnessProblem(WitnessProblem.Differs, i + 1, difference);
            else if ((state.Raised & wanted) == 0 && last)
                problem = new WitnessProblem(WitnessProblem.NoVerdict, i + 1, $"the steps do not end in {Words.For(Words.Verdicts, witness.Verdict)}");
            else if ((state.Raised & wanted) != 0 && !last)
                problem = new WitnessProblem(WitnessProblem.NoVerdict, i + 1, $"it is {Words.For(Words.Verdicts, witness.Verdict)} here already, but the file goes on");
        }

        if (witness.Steps.Count == 0)
            problem = new WitnessProblem(WitnessProblem.NoVerdict, 0, "the witness has no steps");
        return (new Story(witness.Verdict, story), problem);
    }

    private static string? Difference(IReadOnlyList<StoryCell> file, IReadOnlyList<StoryCell> real)
    {
        for (int c = 0; c < Math.Max(file.Count, real.Count); c++)
        {
            if (c >= file.Count)
                return $"the file does not say what {real[c].Name} holds";
            if (c >= real.Count)
                return $"the file speaks of {file[c].Name}, which the story is not about";
            if (file[c] != real[c])
                return $"the file says {Describe(file[c])}, but there is {Describe(real[c])}";
        }

        return null;
    }

    private static string Describe(StoryCell cell) =>
        $"{cell.Name}: DRAM {cell.Dram}, cache {(cell.Cache is null ? "nothing" : cell.Cache + (cell.Dirty ? " (dirty)" : ""))}";
}
