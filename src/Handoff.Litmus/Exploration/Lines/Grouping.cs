using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration.Lines;

/// <summary>Divides the cells of a program into groups that can be followed on their own.</summary>
/// <remarks>
/// Cells belong together if versions travel between them (copies, releases, a common home). Cells of one line that exchange
/// nothing need not: how a line is fetched, dropped and written back does not depend on what its other cells hold.
/// </remarks>
internal sealed class Grouping
{
    private readonly AtomicProgram _program;
    private readonly int[] _parent;

    public Grouping(AtomicProgram program)
    {
        _program = program;
        _parent = [.. Enumerable.Range(0, program.Cells.Length)];
        foreach (Agent agent in program.Agents)
        {
            foreach (AtomicStep step in agent.Steps)
            {
                foreach (Operation operation in step.Operations)
                    Link(operation);
            }
        }
    }

    /// <summary>The groups, each in ascending order of cells.</summary>
    public List<int[]> Groups =>
        [.. Enumerable.Range(0, _parent.Length).GroupBy(Root).Select(g => g.ToArray())];

    /// <summary>Follows the cells of two groups together from now on.</summary>
    public void Merge(int cell, int other) => _parent[Root(cell)] = Root(other);

    private void Link(Operation operation)
    {
        if (operation.IsMaintenance)
            return;
        if (operation.Source >= 0)
            Merge(operation.Target, operation.Source);
        if (operation.Home >= 0)
            Merge(operation.Target, operation.Home);
        if (operation.Version >= 0 && _program.Versions[operation.Version].Home is >= 0 and int home)
            Merge(operation.Target, home);
    }

    private int Root(int cell)
    {
        while (_parent[cell] != cell)
            cell = _parent[cell] = _parent[_parent[cell]];
        return cell;
    }
}
