using System.Diagnostics;
using Handoff.Litmus.Exploration.Lines;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration.Search;

/// <summary>The fast explorer: searches the orders of agents' steps only, and follows the cache as sets of configurations per group of cells.</summary>
/// <remarks>
/// Exact: groups do not influence each other under a given order of steps, so the behaviours of an order are the product of the
/// groups' sets. Whether <em>every</em> behaviour shows a verdict may depend on two groups that share a line; then these are
/// merged and the search is repeated.
/// </remarks>
internal sealed class FastExplorer
{
    private const int MaxAgents = 32;

    private readonly AtomicProgram _program;
    private readonly ExplorationBounds _bounds;
    private readonly CancellationToken _cancellation;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly HashSet<Observation> _observations = [];
    private readonly HashSet<int> _findings = [];
    private readonly ExplorationLimit _limit;
    private OrderSearch? _search; // the last one
    private Verdicts _known; // of searches that had to be repeated
    private long _states;
    private long _transitions;

    private FastExplorer(AtomicProgram program, ExplorationBounds bounds, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(program.Agents.Length, MaxAgents);
        _program = program;
        _bounds = bounds;
        _cancellation = cancellation;
        _limit = new ExplorationLimit(bounds, _began, cancellation);
    }

    /// <summary>Explores every behaviour, within bounds.</summary>
    public static ExplorationResult Explore(AtomicProgram program, ExplorationBounds? bounds = null, CancellationToken cancellation = default) =>
        new FastExplorer(program, bounds ?? ExplorationBounds.None, cancellation).Run();

    private ExplorationResult Run()
    {
        try
        {
            return Search();
        }
        catch (ExplorationLimitException limit)
        {
            return new ExplorationResult
            {
                Possible = _known | (_search?.Possible ?? Verdicts.None),
                Certain = Verdicts.None,
                Findings = _findings,
                Observations = _observations,
                States = _states + (_search?.States ?? 0),
                Transitions = _transitions + (_search?.Transitions ?? 0),
                Outcome = limit.Outcome,
            };
        }
    }

    private ExplorationResult Search()
    {
        var grouping = new Grouping(_program);
        while (true)
        {
            var groups = new List<CellGroup>();
            var alike = new Dictionary<string, CellGroup>();
            var copies = new List<(CellGroup Kept, CellGroup Other)>();
            foreach (int[] cells in grouping.Groups)
            {
                var group = new CellGroup(_program, cells, _limit);
                if (group.Steps.Count == 0)
                    continue;
                string signature = group.Signature;
                if (alike.TryGetValue(signature, out CellGroup? kept))
                    copies.Add((kept, group));
                else
                {
                    alike.Add(signature, group);
                    groups.Add(group);
                }
            }

            OrderSearch search = Search(groups, copies);
            foreach (CellGroup group in groups)
                _observations.UnionWith(group.Observations);
            foreach ((CellGroup kept, CellGroup other) in copies)
                _observations.UnionWith(kept.TranslateObservations(other));
            if (search.Entangled is not { } pair || search.Outcome != ExplorationOutcome.Complete)
                return Result(search);
            grouping.Merge(pair.First.Cells[0], pair.Second.Cells[0]);
        }
    }

    private OrderSearch Search(List<CellGroup> groups, List<(CellGroup Kept, CellGroup Other)> copies)
    {
        for (int bits = 8; ; bits += 8)
        {
            OrderSearch search = _search = new OrderSearch(_program, groups, copies, bits, _bounds, _began, _findings, _cancellation);
            bool fits = search.Run();
            if (!fits)
                continue;
            _search = null;
            _known |= search.Possible;
            _states += search.States;
            _transitions += search.Transitions;
            return search;
        }
    }

    private ExplorationResult Result(OrderSearch search) => new()
    {
        Possible = search.Possible,
        Certain = search.Outcome == ExplorationOutcome.Complete ? search.Certain & search.Possible : Verdicts.None,
        Findings = _findings,
        Observations = _observations,
        CanGetStuck = search.CanGetStuck,
        States = _states,
        Transitions = _transitions,
        BytesPerState = (double)search.Bytes / search.States,
        Outcome = search.Outcome,
    };
}
