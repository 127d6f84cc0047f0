using Handoff.Litmus.Exploration.BruteForce;
using Handoff.Litmus.Language;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Witnesses;

/// <summary>Finds the shortest path to a verdict over all groups of cells and tells it as a story.</summary>
internal static class StoryTeller
{
    public static Story? Tell(AtomicProgram program, Verdicts wanted, Verdict verdict, CancellationToken cancellation)
    {
        (AtomicProgram Program, WitnessPath Path)? best = null;
        foreach (int[] cells in Projection.Groups(program))
        {
            AtomicProgram part = Projection.To(program, cells);
            if (WitnessSearch.Find(part, wanted, cancellation) is { } path && (best is null || path.Events.Count < best.Value.Path.Events.Count))
                best = (part, path);
            if ((wanted & (Verdicts.Wild | Verdicts.Contract | Verdicts.Fails)) != 0 && best is not null)
                break; // these do not depend on cells
        }

        return best is { } found ? new Story(verdict, Steps(found.Program, found.Path)) : null;
    }

    private static List<StoryStep> Steps(AtomicProgram program, WitnessPath path)
    {
        var steps = new List<StoryStep>();
        int[] progress = new int[program.Agents.Length];
        for (int e = 0; e < path.Events.Count; e++)
        {
            WitnessEvent what = path.Events[e];
            IReadOnlyList<StoryCell> cells = Cells(program, path.States[e]);
            if (what.Agent < 0)
            {
                string line = string.Join(", ", program.Cells.Where(c => c.Line == what.Line && c.Name != "neighbours").Select(c => c.Name));
                string text = what.Move switch
                {
                    CacheMove.Fetch => $"fetches {line}",
                    CacheMove.Drop => $"drops the clean line of {line}",
                    _ => $"writes the dirty line of {line} back",
                };
                steps.Add(new StoryStep("cache", text, default, cells));
                continue;
            }

            AtomicStep step = program.Agents[what.Agent].Steps[progress[what.Agent]++];
            steps.Add(new StoryStep(program.Agents[what.Agent].Name, step.Text, step.Span, cells) { Reason = step.Reason });
        }

        return steps;
    }

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
