using System.Collections.Immutable;
using Handoff.Litmus.Exploration.BruteForce;
using Handoff.Litmus.Language;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Witnesses;

/// <summary>Finds the shortest path to a verdict over all groups of cells and tells it as a story.</summary>
internal static class StoryTeller
{
    /// <param name="program">The program.</param>
    /// <param name="choices">The order of calls that it stands for.</param>
    /// <param name="wanted">The verdict as a flag.</param>
    /// <param name="verdict">The same by its name.</param>
    /// <param name="cancellation">Ends the search early.</param>
    public static Story? Tell(AtomicProgram program, ImmutableArray<int> choices, Verdicts wanted, Verdict verdict, CancellationToken cancellation)
    {
        (AtomicProgram Program, int[] Cells, WitnessPath Path)? best = null;
        foreach (int[] cells in Projection.Groups(program))
        {
            AtomicProgram part = Projection.To(program, cells);
            if (WitnessSearch.Find(part, wanted, cancellation) is { } path && (best is null || path.Events.Count < best.Value.Path.Events.Count))
                best = (part, cells, path);
            if ((wanted & (Verdicts.Wild | Verdicts.Contract | Verdicts.Fails)) != 0 && best is not null)
                break; // these do not depend on cells
        }

        return best is { } found
            ? new Story(verdict, Steps(found.Program, found.Path)) { Trail = new StoryTrail(choices, [.. found.Cells], [.. found.Path.Events]) }
            : null;
    }

    /// <summary>An event in words, and what memory looks like after it.</summary>
    public static StoryStep Step(AtomicProgram program, WitnessEvent what, WholeState after)
    {
        IReadOnlyList<StoryCell> cells = Cells(program, after);
        if (what.Agent >= 0)
        {
            AtomicStep step = program.Agents[what.Agent].Steps[after.Progress[what.Agent] - 1];
            return new StoryStep(program.Agents[what.Agent].Name, step.Text, step.Span, cells) { Reason = step.Reason };
        }

        string line = string.Join(", ", program.Cells.Where(c => c.Line == what.Line && c.Name != "neighbours").Select(c => c.Name));
        string text = what.Move switch
        {
            CacheMove.Fetch => $"fetches {line}",
            CacheMove.Drop => $"drops the clean line of {line}",
            _ => $"writes the dirty line of {line} back",
        };
        return new StoryStep("cache", text, default, cells);
    }

    private static IReadOnlyList<StoryStep> Steps(AtomicProgram program, WitnessPath path) =>
        [.. path.Events.Select((what, e) => Step(program, what, path.States[e]))];

    private static List<StoryCell> Cells(AtomicProgram program, WholeState state)
    {
        var cells = new List<StoryCell>();
        for (int c = 0; c < program.Cells.Length; c++)
        {
            if (program.Cells[c].Name == "neighbours")
                continue;
            CacheLine line = state.Line[program.Cells[c].Line];
            cells.Add(new StoryCell(
                program.Cells[c].Name, program.Versions[state.Dram[c]].Name,
                line == CacheLine.Absent ? null : program.Versions[state.Cache[c]].Name, line == CacheLine.Dirty));
        }

        return cells;
    }
}
