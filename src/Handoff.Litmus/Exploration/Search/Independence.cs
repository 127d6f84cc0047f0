using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration.Search;

/// <summary>Which steps can disturb each other, so that the others need not be tried in every order.</summary>
/// <remarks>
/// Two steps are independent if they share neither a group of cells nor a boundary of progress that a check of the other
/// looks at. Programs have no loops, so what an agent may still do is a suffix of its steps.
/// </remarks>
internal sealed class Independence
{
    private readonly int _width;
    private readonly ulong[][] _step;   // [agent][step * width]: groups and watched boundaries that the step touches
    private readonly ulong[][] _suffix; // [agent][step * width]: the same for the step and everything after it
    private readonly int[][] _waits;    // [agent][step * agents + other]: the other's last step that the step, or one after it, waits for; -1 if none

    public Independence(AtomicProgram program, (int Group, int Step)[][][] work, int groups)
    {
        var watched = new Dictionary<StepRef, int>();
        foreach (Window window in program.Agents.SelectMany(a => a.Steps).SelectMany(s => s.Checks).SelectMany(c => c.Windows))
        {
            foreach (StepRef boundary in Boundaries(window))
            {
                if (boundary.Index >= 0 && boundary.Index < program.Agents[boundary.Agent].Steps.Length)
                    watched.TryAdd(boundary, groups + watched.Count);
            }
        }

        _width = ((groups + watched.Count) >> 6) + 1;
        _step = new ulong[program.Agents.Length][];
        _suffix = new ulong[program.Agents.Length][];
        _waits = [.. program.Agents.Select(a => Waits(a, program.Agents.Length))];
        for (int a = 0; a < program.Agents.Length; a++)
        {
            int count = program.Agents[a].Steps.Length;
            _step[a] = new ulong[(count + 1) * _width];
            for (int i = 0; i < count; i++)
            {
                Span<ulong> mask = _step[a].AsSpan(i * _width, _width);
                foreach ((int group, int _) in work[a][i])
                    Set(mask, group);
                if (watched.TryGetValue(new StepRef(a, i), out int own))
                    Set(mask, own);
                foreach (Window window in program.Agents[a].Steps[i].Checks.SelectMany(c => c.Windows))
                {
                    foreach (StepRef boundary in Boundaries(window))
                    {
                        if (watched.TryGetValue(boundary, out int other))
                            Set(mask, other);
                    }
                }
            }

            _suffix[a] = [.. _step[a]];
            for (int i = count - 1; i >= 0; i--)
            {
                for (int w = 0; w < _width; w++)
                    _suffix[a][(i * _width) + w] |= _suffix[a][((i + 1) * _width) + w];
            }
        }
    }

    /// <summary>
    /// Picks the agents whose next steps must be tried: one whose next step disturbs nothing that others may still do, else the
    /// smallest set of agents that the others can neither disturb nor release from a wait.
    /// </summary>
    /// <param name="progress">Steps taken by each agent.</param>
    /// <param name="enabled">Agents that can step, one bit each.</param>
    /// <returns>A part of <paramref name="enabled"/>, one bit each.</returns>
    public uint Persistent(ReadOnlySpan<int> progress, uint enabled)
    {
        if ((enabled & (enabled - 1)) == 0)
            return enabled;
        int agents = progress.Length;
        for (int a = 0; a < agents; a++)
        {
            if ((enabled >> a & 1) != 0 && DisturbsNobody(progress, a))
                return 1u << a;
        }

        uint best = enabled;
        for (int a = 0; a < agents; a++)
        {
            if ((enabled >> a & 1) == 0)
                continue;
            uint cluster = Cluster(progress, a);
            if (uint.PopCount(cluster & enabled) < uint.PopCount(best))
                best = cluster & enabled;
        }

        return best;
    }

    /// <summary>The steps that open and close a window.</summary>
    private static StepRef[] Boundaries(Window window) =>
        [new StepRef(window.Agent, window.From - 1), new StepRef(window.EndAgent, window.To - 1)];

    private bool DisturbsNobody(ReadOnlySpan<int> progress, int agent)
    {
        ReadOnlySpan<ulong> mine = _step[agent].AsSpan(progress[agent] * _width, _width);
        for (int b = 0; b < progress.Length; b++)
        {
            if (b != agent && Overlap(mine, _suffix[b].AsSpan(progress[b] * _width, _width)))
                return false;
        }

        return true;
    }

    private uint Cluster(ReadOnlySpan<int> progress, int first)
    {
        uint cluster = 1u << first;
        for (bool grown = true; grown;)
        {
            grown = false;
            for (int a = 0; a < progress.Length; a++)
            {
                if ((cluster >> a & 1) == 0)
                    continue;
                for (int b = 0; b < progress.Length; b++)
                {
                    if ((cluster >> b & 1) == 0
                        && (Overlap(_suffix[a].AsSpan(progress[a] * _width, _width), _suffix[b].AsSpan(progress[b] * _width, _width))
                            || WaitsFor(progress, a, b)))
                    {
                        cluster |= 1u << b;
                        grown = true;
                    }
                }
            }
        }

        return cluster;
    }

    private bool WaitsFor(ReadOnlySpan<int> progress, int agent, int other) =>
        _waits[agent][(progress[agent] * progress.Length) + other] >= progress[other];

    private static int[] Waits(Agent agent, int agents)
    {
        int[] waits = new int[(agent.Steps.Length + 1) * agents];
        waits.AsSpan(agent.Steps.Length * agents).Fill(-1);
        for (int i = agent.Steps.Length - 1; i >= 0; i--)
        {
            waits.AsSpan((i + 1) * agents, agents).CopyTo(waits.AsSpan(i * agents, agents));
            foreach (Precondition before in agent.Steps[i].After)
                waits[(i * agents) + before.Step.Agent] = Math.Max(waits[(i * agents) + before.Step.Agent], before.Step.Index);
        }

        return waits;
    }

    private static bool Overlap(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b)
    {
        for (int w = 0; w < a.Length; w++)
        {
            if ((a[w] & b[w]) != 0)
                return true;
        }

        return false;
    }

    private static void Set(Span<ulong> mask, int bit) => mask[bit >> 6] |= 1UL << (bit & 63);
}
