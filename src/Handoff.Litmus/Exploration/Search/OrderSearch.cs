using System.Diagnostics;
using Handoff.Litmus.Exploration.Lines;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration.Search;

/// <summary>One search over the orders in which agents take their steps, with the cache as numbered sets per group.</summary>
internal sealed class OrderSearch
{
    private readonly AtomicProgram _program;
    private readonly CellGroup[] _groups;
    private readonly ExplorationBounds _bounds;
    private readonly long _began;
    private readonly HashSet<int> _findings;
    private readonly CancellationToken _cancellation;
    private readonly (int Group, int Step)[][][] _work; // [agent][step]: the groups that the step concerns
    private readonly AtomicStep[][] _steps;
    private readonly Independence _independence;
    private readonly StateLayout _layout;
    private readonly StateTable _table;
    private readonly int _agents;
    private readonly List<(int First, int Second, CellGroup FirstCells, CellGroup SecondCells)> _sharing = [];
    private Verdicts _undecided; // verdicts that two groups with a common line leave open in some ended order
    private (CellGroup, CellGroup)? _entangled;

    public OrderSearch(
        AtomicProgram program, List<CellGroup> groups, List<(CellGroup Kept, CellGroup Other)> copies, int setBits, ExplorationBounds bounds, long began, HashSet<int> findings,
        CancellationToken cancellation)
    {
        (_program, _groups, _bounds, _began, _findings, _cancellation) = (program, [.. groups], bounds, began, findings, cancellation);
        _agents = program.Agents.Length;
        List<(int Group, int Step)>?[][] work = [.. program.Agents.Select(a => new List<(int, int)>?[a.Steps.Length])];
        for (int g = 0; g < groups.Count; g++)
        {
            for (int s = 0; s < groups[g].Steps.Count; s++)
            {
                StepRef step = groups[g].Steps[s].Step;
                (work[step.Agent][step.Index] ??= []).Add((g, s));
            }
        }

        _work = [.. work.Select(a => a.Select(s => s?.ToArray() ?? []).ToArray())];
        _steps = [.. program.Agents.Select(a => a.Steps.ToArray())];

        FindSharing([.. groups.Select(g => (g, g)), .. copies]);

        _independence = new Independence(program, _work, groups.Count);
        _layout = new StateLayout(
            [.. program.Agents.Select(a => StateLayout.BitsFor(a.Steps.Length + 1)), 6, .. groups.Select(_ => setBits)]);
        _table = new StateTable(_layout.Words);
    }

    public Verdicts Possible { get; private set; }

    public Verdicts Certain { get; private set; } = (Verdicts)~0;

    public bool CanGetStuck { get; private set; }

    public ExplorationOutcome Outcome { get; private set; }

    public long States => _table.Count;

    public long Transitions { get; private set; }

    /// <summary>Bytes that the states take.</summary>
    public long Bytes => _table.Bytes;

    /// <summary>Two groups that must be followed together before the frequencies are exact.</summary>
    public (CellGroup First, CellGroup Second)? Entangled => (_undecided & Certain & Possible) != 0 ? _entangled : null;

    /// <summary>Searches; <see langword="false"/> if a set's number did not fit and fields must be wider.</summary>
    public bool Run()
    {
        Span<ulong> state = stackalloc ulong[_layout.Words];
        Span<ulong> next = stackalloc ulong[_layout.Words];
        Span<int> progress = stackalloc int[_agents];
        state.Clear();
        for (int g = 0; g < _groups.Length; g++)
            _layout.Set(state, _agents + 1 + g, _groups[g].InitialSet);
        var open = new Stack<int>();
        open.Push(_table.Add(state));
        int depth = 1, ticks = 0;
        while (open.TryPop(out int number))
        {
            if ((++ticks & 0xfff) == 0 || _table.Count > _bounds.MaxStates)
            {
                if (OutOfBounds(depth))
                    return true;
            }

            _table[number].CopyTo(state);
            for (int a = 0; a < _agents; a++)
                progress[a] = _layout.Get(state, a);
            uint enabled = Enabled(progress);
            if (enabled == 0)
            {
                End(state, progress);
                continue;
            }

            for (uint left = _independence.Persistent(progress, enabled); left != 0; left &= left - 1)
            {
                int agent = System.Numerics.BitOperations.TrailingZeroCount(left);
                Transitions++;
                state.CopyTo(next);
                if (!Step(next, progress, agent))
                    return false;
                int added = _table.Add(next);
                if (added >= 0)
                    open.Push(added);
            }

            depth = Math.Max(depth, open.Count);
        }

        return true;
    }

    private bool OutOfBounds(int depth)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_began);
        _bounds.Progress?.Invoke(new ExplorationProgress(_table.Count, Transitions, depth, elapsed));
        Outcome = _table.Count > _bounds.MaxStates ? ExplorationOutcome.StateLimit
            : _cancellation.IsCancellationRequested ? ExplorationOutcome.Cancelled
            : _bounds.Timeout >= TimeSpan.Zero && elapsed > _bounds.Timeout ? ExplorationOutcome.Timeout
            : ExplorationOutcome.Complete;
        return Outcome != ExplorationOutcome.Complete;
    }

    private uint Enabled(ReadOnlySpan<int> progress)
    {
        uint enabled = 0;
        for (int a = 0; a < progress.Length; a++)
        {
            AtomicStep[] steps = _steps[a];
            if (progress[a] == steps.Length)
                continue;
            bool ready = true;
            foreach (Precondition before in steps[progress[a]].After)
                ready &= progress[before.Step.Agent] > before.Step.Index;
            if (ready)
                enabled |= 1u << a;
        }

        return enabled;
    }

    private bool Step(Span<ulong> state, ReadOnlySpan<int> progress, int agent)
    {
        int index = progress[agent];
        AtomicStep what = _steps[agent][index];
        bool fits = _layout.Set(state, agent, index + 1);
        Verdicts raised = what.Raises;
        foreach (WindowCheck check in what.Checks)
        {
            bool inside = false;
            foreach (Window window in check.Windows)
                inside |= window.Contains(progress[window.Agent], progress[window.EndAgent]);
            if (inside != check.RaiseInside)
                continue;
            raised |= check.Verdict;
            if (check.Finding >= 0)
                _findings.Add(check.Finding);
        }

        if (raised != 0)
        {
            Possible |= raised;
            _layout.Set(state, _agents, _layout.Get(state, _agents) | (int)raised);
        }

        foreach ((int group, int step) in _work[agent][index])
        {
            int set = _groups[group].Next(_layout.Get(state, _agents + 1 + group), step);
            fits &= _layout.Set(state, _agents + 1 + group, set);
            Possible |= _groups[group].Summary(set).Any;
        }

        return fits;
    }

    private void End(ReadOnlySpan<ulong> state, ReadOnlySpan<int> progress)
    {
        for (int a = 0; a < _agents; a++)
            CanGetStuck |= progress[a] < _steps[a].Length;
        var certain = (Verdicts)_layout.Get(state, _agents);
        for (int g = 0; g < _groups.Length; g++)
        {
            (Verdicts any, Verdicts all) = _groups[g].Summary(_layout.Get(state, _agents + 1 + g));
            Possible |= any;
            certain |= all;
        }

        // A verdict that two groups of one line show sometimes may be one that they never avoid together.
        Verdicts open = Verdicts.None;
        foreach ((int first, int second, CellGroup firstCells, CellGroup secondCells) in _sharing)
        {
            Verdicts both = Any(state, first) & Any(state, second) & ~certain;
            if (both != 0)
            {
                open |= both;
                _entangled = (firstCells, secondCells);
            }
        }

        _undecided |= open;
        Certain &= certain | open;
    }

    private Verdicts Any(ReadOnlySpan<ulong> state, int group) =>
        _groups[group].Summary(_layout.Get(state, _agents + 1 + group)).Any;

    /// <summary>Groups with a common line that are not treated alike (those would show the same verdicts together).</summary>
    private void FindSharing(List<(CellGroup Kept, CellGroup Cells)> all)
    {
        if (all.TrueForAll(a => a.Cells.Lines.Count == 1 && a.Cells.Cells.Count == _program.Cells.Count(c => c.Line == a.Cells.Lines[0])))
            return;
        var byLine = new Dictionary<int, List<(CellGroup Kept, CellGroup Cells)>>();
        var known = new HashSet<(int, int)>();
        foreach ((CellGroup Kept, CellGroup Cells) one in all)
        {
            int mine = Array.IndexOf(_groups, one.Kept);
            foreach (int line in one.Cells.Lines)
            {
                if (!byLine.TryGetValue(line, out var others))
                    byLine.Add(line, others = []);
                foreach ((CellGroup Kept, CellGroup Cells) other in others)
                {
                    int theirs = Array.IndexOf(_groups, other.Kept);
                    if (mine != theirs && known.Add((mine, theirs)))
                        _sharing.Add((mine, theirs, one.Cells, other.Cells));
                }

                others.Add(one);
            }
        }
    }
}
