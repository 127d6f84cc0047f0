using Handoff.Litmus.Exploration.Lines;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Witnesses;

/// <summary>A program reduced to one group of cells: other cells are gone, the steps remain.</summary>
internal static class Projection
{
    /// <summary>The program as the cells of <paramref name="cells"/> see it, small enough for a search of single configurations.</summary>
    public static AtomicProgram To(AtomicProgram program, int[] cells)
    {
        int[] lines = [.. cells.Select(c => program.Cells[c].Line).Distinct().Order()];
        // One stand-in cell per line takes the writes of neighbours, which make the line dirty.
        var kept = new List<Cell>();
        var versions = new List<ContentVersion>(program.Versions);
        foreach (int cell in cells)
            kept.Add(program.Cells[cell] with { Line = Array.IndexOf(lines, program.Cells[cell].Line) });
        int[] neighbourOf = new int[lines.Length];
        for (int line = 0; line < lines.Length; line++)
        {
            neighbourOf[line] = -1;
            if (!program.Cells.Select((c, i) => (c, i)).Any(x => x.c.Line == lines[line] && !cells.Contains(x.i)))
                continue;
            versions.Add(new ContentVersion(ContentVersion.NoHome, null, "·"));
            neighbourOf[line] = kept.Count;
            kept.Add(new Cell(line, versions.Count - 1, "neighbours"));
        }

        int[] map = new int[program.Cells.Length];
        for (int c = 0; c < map.Length; c++)
        {
            int line = Array.IndexOf(lines, program.Cells[c].Line);
            int mine = Array.IndexOf(cells, c);
            map[c] = mine >= 0 ? mine : line >= 0 ? neighbourOf[line] : -1;
        }

        ContentVersion[] renumbered = [.. versions.Select(v => v.Home >= 0 ? v with { Home = Array.IndexOf(cells, v.Home) } : v)];
        return new AtomicProgram(lines.Length, [.. kept], [.. renumbered], [.. program.Agents.Select(a => a with
        {
            Steps = [.. a.Steps.Select(s => s with { Operations = [.. s.Operations.Select(Reduce).OfType<Operation>()] })],
        })]);

        Operation? Reduce(Operation o)
        {
            if (o.IsMaintenance)
                return Array.IndexOf(lines, o.Target) is >= 0 and int line ? o with { Target = line } : null;
            int target = map[o.Target];
            bool mine = Array.IndexOf(cells, o.Target) >= 0;
            if (o.Kind == OperationKind.Release)
                return mine ? o with { Target = target, Source = map[o.Source] } : null;
            if (target < 0)
                return o.Kind == OperationKind.Copy && map[o.Source] >= 0 ? Operation.Read(AccessPath.Cached, map[o.Source], -1) : null;
            if (mine)
                return o with { Target = target, Source = o.Source >= 0 ? map[o.Source] : -1, Home = o.Home >= 0 ? Array.IndexOf(cells, o.Home) : -1 };
            return o.Kind == OperationKind.Copy
                ? Operation.Write(AccessPath.Cached, target, kept[target].Initial)
                : o with { Target = target, Home = -1, Version = o.Version >= 0 ? kept[target].Initial : -1 };
        }
    }

    /// <summary>The groups of a program, those that look alike only once.</summary>
    public static IEnumerable<int[]> Groups(AtomicProgram program)
    {
        var seen = new HashSet<string>();
        foreach (int[] cells in new Grouping(program).Groups)
        {
            if (seen.Add(new CellGroup(program, cells).Signature))
                yield return cells;
        }
    }
}
