using Handoff.Litmus.Exploration.BruteForce;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Witnesses;

/// <summary>Finds the shortest sequence of steps and moves of the cache that raises a verdict: fewest events, then fewest switches of agents.</summary>
/// <remarks>
/// Works on single configurations, on the cells of one line group at a time: what other cells hold cannot change how these get
/// into trouble. Searches breadth first by events; among paths of equal length the one with fewer switches is kept.
/// </remarks>
internal sealed class WitnessSearch
{
    private const int MostStates = 400_000;

    private readonly AtomicProgram _program;
    private readonly PlainMoves _moves;

    private WitnessSearch(AtomicProgram program)
    {
        _program = program;
        _moves = new PlainMoves(program);
    }

    /// <summary>The shortest path to any of the wanted verdicts, or <see langword="null"/> if none was found within the bound.</summary>
    public static WitnessPath? Find(AtomicProgram program, Verdicts wanted, CancellationToken cancellation) =>
        new WitnessSearch(program).Run(wanted, cancellation);

    private WitnessPath? Run(Verdicts wanted, CancellationToken cancellation)
    {
        var best = new Dictionary<(WholeState State, int Agent), int>(); // fewest switches with which a state was reached
        var level = new List<Node> { new(WholeState.Initial(_program), -1, 0, null, default) };
        while (level.Count > 0 && best.Count < MostStates && !cancellation.IsCancellationRequested)
        {
            var next = new Dictionary<(WholeState State, int Agent), Node>();
            Node? found = null;
            foreach (Node node in level)
            {
                foreach ((WitnessEvent what, WholeState state) in _moves.From(node.State))
                {
                    int agent = what.Agent >= 0 ? what.Agent : node.Agent;
                    int switches = node.Switches + (agent != node.Agent && node.Agent >= 0 ? 1 : 0);
                    var reached = new Node(state, agent, switches, node, what);
                    if ((state.Raised & wanted) != 0)
                    {
                        if (found is null || switches < found.Switches)
                            found = reached;
                        continue;
                    }

                    if (best.ContainsKey((state, agent)))
                        continue;
                    if (!next.TryGetValue((state, agent), out Node? other) || switches < other.Switches)
                        next[(state, agent)] = reached;
                }
            }

            if (found is not null)
                return found.Path();
            foreach (((WholeState, int) key, Node node) in next)
                best.Add(key, node.Switches);
            level = [.. next.Values];
        }

        return null;
    }

    private sealed record Node(WholeState State, int Agent, int Switches, Node? Before, WitnessEvent What)
    {
        public WitnessPath Path()
        {
            var events = new List<WitnessEvent>();
            var states = new List<WholeState>();
            for (Node? node = this; node is { Before: not null }; node = node.Before)
            {
                events.Add(node.What);
                states.Add(node.State);
            }

            events.Reverse();
            states.Reverse();
            return new WitnessPath(events, states);
        }
    }
}
