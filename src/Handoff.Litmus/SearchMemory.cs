using System.Collections.Concurrent;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Exploration.Search;
using Handoff.Litmus.Lowering;
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

    private static readonly ExplorationResult s_tooLarge = new()
    {
        Possible = Verdicts.None,
        Certain = Verdicts.None,
        Findings = new HashSet<int>(),
        Observations = new HashSet<Observation>(),
        Outcome = ExplorationOutcome.TooLarge,
    };

    private readonly ConcurrentDictionary<(CanonicalProgram Program, long MaxStates), ExplorationResult> _known = []; // the bound, so that a smaller one finds what it always finds
    private readonly ConcurrentDictionary<(PhysicalKey Program, long MaxStates), ExplorationResult> _lowered = []; // findings numbered as the key does
    private long _words;

    /// <summary>Searches that are remembered.</summary>
    public int Searches => _known.Count;

    /// <summary>Explores a program, or tells what is known of one that does the same to the same memory, or is equal but for names and numbering.</summary>
    /// <returns>Findings are those of <paramref name="lowered"/>; there are no observations. <see langword="null"/>: too large to be explored.</returns>
    internal ExplorationResult? Explore(LoweredTest lowered, ExplorationBounds bounds, CancellationToken cancellation)
    {
        var key = PhysicalKey.Of(lowered.Physical);
        if (!_lowered.TryGetValue((key, bounds.MaxStates), out ExplorationResult? result))
        {
            result = lowered.TooLarge ? s_tooLarge : Explore(CanonicalProgram.Of(lowered.Program), bounds, cancellation);
            if ((result.Outcome == ExplorationOutcome.Complete || lowered.TooLarge) && Interlocked.Add(ref _words, 2 * key.Length) <= MostWords)
                _lowered.TryAdd((key, bounds.MaxStates), result);
        }

        return ReferenceEquals(result, s_tooLarge) ? null : WithFindings(result, key.Findings);
    }

    /// <summary>Explores a program, or tells what is known of one that is equal but for names and numbering.</summary>
    /// <returns>Findings are those of <paramref name="program"/>; there are no observations.</returns>
    internal ExplorationResult Explore(AtomicProgram program, ExplorationBounds bounds, CancellationToken cancellation)
    {
        var canonical = CanonicalProgram.Of(program);
        return WithFindings(Explore(canonical, bounds, cancellation), canonical.Findings);
    }

    private ExplorationResult Explore(CanonicalProgram canonical, ExplorationBounds bounds, CancellationToken cancellation)
    {
        if (_known.TryGetValue((canonical, bounds.MaxStates), out ExplorationResult? known))
            return known;
        ExplorationResult result = FastExplorer.Explore(canonical.ToProgram(), bounds, cancellation) with { Observations = new HashSet<Observation>() };
        if (result.Outcome == ExplorationOutcome.Complete && Interlocked.Add(ref _words, canonical.Length) <= MostWords)
            _known.TryAdd((canonical, bounds.MaxStates), result);
        return result;
    }

    private static ExplorationResult WithFindings(ExplorationResult result, int[] findings) =>
        result.Findings.Count == 0 ? result : result with { Findings = result.Findings.Select(f => findings[f]).ToHashSet() };
}
