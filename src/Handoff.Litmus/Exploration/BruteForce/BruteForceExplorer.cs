using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration.BruteForce;

/// <summary>
/// The plain explorer: enumerates literally every order of steps and every spontaneous move of the cache, one at a time, and
/// remembers each state. Slow and short; the fast explorer is measured against it.
/// </summary>
/// <remarks>Shares only the program and the order of steps with the fast one, none of its code.</remarks>
internal sealed class BruteForceExplorer
{
    private readonly AtomicProgram _program;
    private readonly int[][] _cellsOfLine;
    private readonly HashSet<WholeState> _seen = [];
    private readonly Stack<WholeState> _open = [];
    private readonly HashSet<Observation> _observations = [];
    private readonly HashSet<int> _findings = [];
    private long _transitions;

    internal BruteForceExplorer(AtomicProgram program)
    {
        _program = program;
        _cellsOfLine = new int[program.LineCount][];
        for (int line = 0; line < program.LineCount; line++)
            _cellsOfLine[line] = [.. Enumerable.Range(0, program.Cells.Length).Where(c => program.Cells[c].Line == line)];
    }

    /// <summary>Explores everything, or until more than <paramref name="maxStates"/> states are known.</summary>
    public static ExplorationResult Explore(AtomicProgram program, long maxStates = long.MaxValue, CancellationToken cancellation = default) =>
        new BruteForceExplorer(program).Run(maxStates, cancellation);

    private ExplorationResult Run(long maxStates, CancellationToken cancellation)
    {
        Verdicts possible = Verdicts.None, certain = (Verdicts)~0;
        bool stuck = false, ended = false;
        var outcome = ExplorationOutcome.Complete;
        Visit(WholeState.Initial(_program));
        while (_open.TryPop(out WholeState? state))
        {
            if (_seen.Count > maxStates || cancellation.IsCancellationRequested)
            {
                outcome = _seen.Count > maxStates ? ExplorationOutcome.StateLimit : ExplorationOutcome.Cancelled;
                break;
            }

            possible |= state.Raised;
            bool moved = false;
            for (int agent = 0; agent < _program.Agents.Length; agent++)
            {
                if (!CanStep(state, agent))
                    continue;
                moved = true;
                Visit(Step(state, agent));
            }

            if (!moved)
            {
                ended = true;
                certain &= state.Raised;
                for (int agent = 0; agent < _program.Agents.Length; agent++)
                    stuck |= state.Progress[agent] < _program.Agents[agent].Steps.Length;
            }

            for (int line = 0; line < _program.LineCount; line++)
                MoveSpontaneously(state, line);
        }

        return new ExplorationResult
        {
            Possible = possible,
            Certain = ended && outcome == ExplorationOutcome.Complete ? certain & possible : Verdicts.None,
            Findings = _findings,
            Observations = _observations,
            CanGetStuck = stuck,
            States = _seen.Count,
            Transitions = _transitions,
            Outcome = outcome,
        };
    }

    private void Visit(WholeState state)
    {
        _transitions++;
        if (_seen.Add(state))
            _open.Push(state);
    }

    internal bool CanStep(WholeState state, int agent)
    {
        int next = state.Progress[agent];
        if (next == _program.Agents[agent].Steps.Length)
            return false;
        foreach (Precondition before in _program.Agents[agent].Steps[next].After)
        {
            if (state.Progress[before.Step.Agent] <= before.Step.Index)
                return false;
        }

        return true;
    }

    private void MoveSpontaneously(WholeState state, int line)
    {
        WholeState moved = MoveLine(state, line);
        Visit(moved);
        if (state.Line[line] != CacheLine.Dirty)
            return;
        WholeState evicted = moved.Copy();
        Drop(evicted, line);
        Visit(evicted);
    }

    /// <summary>Fetches an absent line, drops a clean one, writes a dirty one back (and keeps it).</summary>
    internal WholeState MoveLine(WholeState state, int line)
    {
        WholeState moved = state.Copy();
        if (state.Line[line] == CacheLine.Absent)
            Fetch(moved, line);
        else if (state.Line[line] == CacheLine.Clean)
            Drop(moved, line);
        else
            WriteBack(moved, line);
        Judge(state, moved, line);
        return moved;
    }

    internal WholeState Step(WholeState before, int agent)
    {
        var step = new StepRef(agent, before.Progress[agent]);
        AtomicStep what = _program.StepAt(step);
        WholeState state = before.Copy();
        state.Raised |= what.Raises;
        foreach (WindowCheck check in what.Checks)
        {
            bool inside = check.Windows.Any(w => w.Contains(before.Progress[w.Agent], before.Progress[w.EndAgent]));
            if (inside != check.RaiseInside)
                continue;
            state.Raised |= check.Verdict;
            if (check.Finding >= 0)
                _findings.Add(check.Finding);
        }

        foreach (Operation operation in what.Operations)
        {
            WholeState previous = state.Copy();
            Apply(state, operation, step);
            for (int line = 0; line < _program.LineCount; line++)
                Judge(previous, state, line);
        }

        state.Progress[agent]++;
        return state;
    }

    private void Apply(WholeState state, Operation operation, StepRef step)
    {
        int line = operation.IsMaintenance ? operation.Target : _program.Cells[operation.Target].Line;
        switch (operation.Kind)
        {
            case OperationKind.Read:
                int found = Load(state, operation.Target, operation.Path);
                _observations.Add(new Observation(step, operation.Target, found));
                if (_program.IsForeign(found, operation.Home))
                    state.Raised |= Verdicts.Leak;
                else if (_program.IsStale(found, step))
                    state.Raised |= Verdicts.Stale;
                break;
            case OperationKind.Write when operation.Path == AccessPath.Cached:
                Store(state, operation.Target, operation.Version);
                break;
            case OperationKind.Write:
                if (operation.Path == AccessPath.Snooped)
                {
                    if (state.Line[line] == CacheLine.Dirty)
                        WriteBack(state, line);
                    Drop(state, line);
                }

                state.Dram[operation.Target] = operation.Version;
                break;
            case OperationKind.Copy:
                int copied = Load(state, operation.Source, AccessPath.Cached);
                if (_program.IsForeign(copied, operation.Home))
                    state.Raised |= Verdicts.Leak;
                Store(state, operation.Target, copied);
                break;
            case OperationKind.Clean when state.Line[line] == CacheLine.Dirty:
                WriteBack(state, line);
                break;
            case OperationKind.CleanInvalidate:
                if (state.Line[line] == CacheLine.Dirty)
                    WriteBack(state, line);
                Drop(state, line);
                break;
            case OperationKind.Invalidate:
                Drop(state, line);
                break;
            case OperationKind.Release:
                int home = operation.Source;
                int[] kept = [.. Places(state, home)];
                if (Places(state, operation.Target).Any(v => kept.All(k => _program.IsLost(home, k, v))))
                    state.Raised |= Verdicts.Lost;
                break;
        }
    }

    private int Load(WholeState state, int cell, AccessPath path)
    {
        int line = _program.Cells[cell].Line;
        if (path == AccessPath.Cached)
        {
            if (state.Line[line] == CacheLine.Absent)
                Fetch(state, line);
            return state.Cache[cell];
        }

        return path == AccessPath.Snooped && state.Line[line] == CacheLine.Dirty ? state.Cache[cell] : state.Dram[cell];
    }

    private void Store(WholeState state, int cell, int version)
    {
        int line = _program.Cells[cell].Line;
        if (state.Line[line] == CacheLine.Absent)
            Fetch(state, line);
        state.Line[line] = CacheLine.Dirty;
        state.Cache[cell] = version;
    }

    private void Fetch(WholeState state, int line)
    {
        state.Line[line] = CacheLine.Clean;
        foreach (int cell in _cellsOfLine[line])
            state.Cache[cell] = state.Dram[cell];
    }

    private void WriteBack(WholeState state, int line)
    {
        state.Line[line] = CacheLine.Clean;
        foreach (int cell in _cellsOfLine[line])
            state.Dram[cell] = state.Cache[cell];
    }

    private void Drop(WholeState state, int line)
    {
        state.Line[line] = CacheLine.Absent;
        foreach (int cell in _cellsOfLine[line])
            state.Cache[cell] = 0;
    }

    /// <summary>Raises "lost" if a version left its place and only older ones remain there.</summary>
    private void Judge(WholeState before, WholeState after, int line)
    {
        foreach (int cell in _cellsOfLine[line])
        {
            int[] now = [.. Places(after, cell)];
            if (Places(before, cell).Any(gone => now.All(left => _program.IsLost(cell, left, gone))))
                after.Raised |= Verdicts.Lost;
        }
    }

    private IEnumerable<int> Places(WholeState state, int cell)
    {
        yield return state.Dram[cell];
        if (state.Line[_program.Cells[cell].Line] != CacheLine.Absent)
            yield return state.Cache[cell];
    }
}
