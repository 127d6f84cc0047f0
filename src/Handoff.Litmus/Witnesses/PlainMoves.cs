using Handoff.Litmus.Exploration.BruteForce;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Witnesses;

/// <summary>Single events on whole states, as the plain explorer makes them.</summary>
internal sealed class PlainMoves(AtomicProgram program)
{
    private readonly BruteForceExplorer _explorer = new(program);

    /// <summary>All events that can happen in a state, each with the state after it.</summary>
    public IEnumerable<(WitnessEvent What, WholeState After)> From(WholeState state)
    {
        for (int agent = 0; agent < program.Agents.Length; agent++)
        {
            if (_explorer.CanStep(state, agent))
                yield return (new WitnessEvent(agent, -1, CacheMove.None), _explorer.Step(state, agent));
        }

        for (int line = 0; line < program.LineCount; line++)
        {
            CacheMove move = state.Line[line] switch
            {
                CacheLine.Absent => CacheMove.Fetch,
                CacheLine.Clean => CacheMove.Drop,
                _ => CacheMove.WriteBack,
            };
            yield return (new WitnessEvent(-1, line, move), _explorer.MoveLine(state, line));
        }
    }

    /// <summary>Does one event again; <see langword="null"/> if it cannot happen in this state.</summary>
    public WholeState? Replay(WholeState state, WitnessEvent what)
    {
        foreach ((WitnessEvent possible, WholeState after) in From(state))
        {
            if (possible == what)
                return after;
        }

        return null;
    }
}
