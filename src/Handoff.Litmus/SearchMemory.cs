using System.Collections.Concurrent;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Exploration.Search;
using Handoff.Litmus.Model;

namespace Handoff.Litmus;

/// <summary>What searches found, for checks of the same tests under other kernels and on other machines: those that decide alike are searched once.</summary>
/// <remarks>
/// Give one to several checks by <see cref="CheckOptions.Memory"/>; checks on several threads may share it. It changes how long checks take,
/// never what they say: also the states of a result are those of its programs, whoever searched them. Only complete searches are remembered.
/// </remarks>
public sealed class SearchMemory
{
    /// <summary>Most numbers that are remembered (4 bytes each); what comes after is searched every time.</summary>
    private const long MostWords = 16 << 20;

    private readonly ConcurrentDictionary<(CanonicalProgram Program, long MaxStates), ExplorationResult> _known = []; // the bound, so that a smaller one finds what it always finds
    private long _words;

    /// <summary>Searches that are remembered.</summary>
    public int Searches => _known.Count;

    /// <summary>Explores a program, or tells what is known of one that is equal but for names and numbering.</summary>
    /// <returns>Findings are those of <paramref name="program"/>; there are no observations.</returns>
    internal ExplorationResult Explore(AtomicProgram program, ExplorationBounds bounds, CancellationToken cancellation)
    {
        var canonical = CanonicalProgram.Of(program);
        if (!_known.TryGetValue((canonical, bounds.MaxStates), out ExplorationResult? result))
        {
            result = FastExplorer.Explore(canonical.ToProgram(), bounds, cancellation) with { Observations = new HashSet<Observation>() };
            if (result.Outcome == ExplorationOutcome.Complete && Interlocked.Add(ref _words, canonical.Length) <= MostWords)
                _known.TryAdd((canonical, bounds.MaxStates), result);
        }

        return result.Findings.Count == 0 ? result : result with { Findings = result.Findings.Select(f => canonical.Findings[f]).ToHashSet() };
    }
}
