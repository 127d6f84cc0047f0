using System.Collections.Immutable;

namespace Handoff.Litmus.Model;

/// <summary>The order of steps that every schedule keeps: program order, signal and wait, start and wait, and what follows from them.</summary>
/// <remarks>Programs have no branches, so the order is known before anything is explored.</remarks>
internal sealed class HappensBefore
{
    // _done[a][i * n + b]: how many steps of agent b are surely done once agent a has taken step i.
    private readonly int[][] _done;
    private readonly int _agents;

    public HappensBefore(ImmutableArray<Agent> agents)
    {
        _agents = agents.Length;
        _done = new int[_agents][];
        for (int a = 0; a < _agents; a++)
            _done[a] = new int[agents[a].Steps.Length * _agents];

        // Preconditions may point anywhere, so repeat until nothing grows; a cycle is a deadlock and stops growing too.
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int a = 0; a < _agents; a++)
            {
                for (int i = 0; i < agents[a].Steps.Length; i++)
                    changed |= Grow(agents, a, i);
            }
        }
    }

    /// <summary>Whether <paramref name="first"/> comes before <paramref name="second"/> in every schedule, with its effects visible.</summary>
    public bool IsBefore(StepRef first, StepRef second) =>
        first.Agent == second.Agent
            ? first.Index < second.Index
            : _done[second.Agent][(second.Index * _agents) + first.Agent] > first.Index;

    private bool Grow(ImmutableArray<Agent> agents, int agent, int index)
    {
        Span<int> mine = _done[agent].AsSpan(index * _agents, _agents);
        bool changed = false;
        if (index > 0)
            changed |= Join(mine, _done[agent].AsSpan((index - 1) * _agents, _agents));
        foreach (Precondition before in agents[agent].Steps[index].After)
        {
            if (!before.Orders)
                continue;
            changed |= Join(mine, _done[before.Step.Agent].AsSpan(before.Step.Index * _agents, _agents));
            changed |= Raise(ref mine[before.Step.Agent], before.Step.Index + 1);
        }

        return changed | Raise(ref mine[agent], index + 1);
    }

    private static bool Join(Span<int> into, ReadOnlySpan<int> from)
    {
        bool changed = false;
        for (int b = 0; b < into.Length; b++)
            changed |= Raise(ref into[b], from[b]);
        return changed;
    }

    private static bool Raise(ref int value, int to)
    {
        if (value >= to)
            return false;
        value = to;
        return true;
    }
}
