using System.Numerics;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration.Lines;

/// <summary>A group of cells with their lines: all configurations they can be in, followed as numbered sets.</summary>
/// <remarks>
/// A configuration is a row of numbers: verdicts raised so far, then the state of each line, then the DRAM version and the cached
/// version of each cell (0 while the line is absent). A set always contains what spontaneous moves can make of its members.
/// </remarks>
internal sealed class CellGroup
{
    private const int Absent = 0, Clean = 1, Dirty = 2;
    private const int MostVersions = 8192; // their order is a matrix of bits

    private readonly AtomicProgram _program;
    private readonly ExplorationLimit _limit;
    private readonly int[] _cells;
    private readonly int[] _lines;
    private readonly int[] _lineOfCell;
    private readonly int[] _versions;
    private readonly ulong[][] _newer; // [version]: the versions that replaced it, one bit each
    private readonly bool[] _tenant; // [version]: what a previous owner left
    private readonly int[] _written; // [version]: the cell that was written with it; -1 for what was there from the start
    private readonly int _dram;
    private readonly int _cache;
    private readonly Interner<int> _configurations = new(ContentComparer<int>.Instance);
    private readonly Interner<ulong> _sets = new(ContentComparer<ulong>.Instance); // one bit per configuration; the last word is not 0
    private readonly List<ulong[]?> _closures = [];
    private readonly List<int[]> _after = []; // [configuration][step]: the configuration after it, plus 1; 0: not known yet
    private readonly List<int[]> _next = [];
    private readonly List<(int Any, int All)> _summaries = [];
    private readonly HashSet<(StepRef Step, int Cell, int Version)> _observed = [];

    public CellGroup(AtomicProgram program, int[] cells, ExplorationLimit? limit = null)
    {
        _limit = limit ?? ExplorationLimit.None;
        _program = program;
        _cells = cells;
        _lines = [.. cells.Select(c => program.Cells[c].Line).Distinct().Order()];
        _lineOfCell = [.. cells.Select(c => Array.IndexOf(_lines, program.Cells[c].Line))];
        _dram = 1 + _lines.Length;
        _cache = _dram + cells.Length;

        Steps = [];
        var versions = new SortedSet<int>(cells.Select(c => program.Cells[c].Initial));
        var raw = new List<(StepRef Step, List<Operation> Operations)>();
        for (int a = 0; a < program.Agents.Length; a++)
        {
            for (int i = 0; i < program.Agents[a].Steps.Length; i++)
            {
                List<Operation> mine = [.. program.Agents[a].Steps[i].Operations.Where(Concerns)];
                if (mine.Count == 0)
                    continue;
                raw.Add((new StepRef(a, i), mine));
                versions.UnionWith(mine.Where(o => o.Version >= 0 && cells.Contains(o.Target)).Select(o => o.Version));
            }
        }

        _versions = [.. versions];
        if (_versions.Length > MostVersions)
            throw new ExplorationLimitException(ExplorationOutcome.TooLarge);
        _tenant = [.. _versions.Select(program.IsTenant)];
        _written = [.. _versions.Select(v => program.Versions[v].Writer is null ? -1 : Array.IndexOf(cells, program.Versions[v].Home))];
        _newer = new ulong[_versions.Length][];
        for (int u = 0; u < _versions.Length; u++)
        {
            _newer[u] = new ulong[(_versions.Length + 63) >> 6];
            for (int v = 0; v < _versions.Length; v++)
            {
                if (program.IsOlder(_versions[u], _versions[v]))
                    _newer[u][v >> 6] |= 1UL << (v & 63);
            }
        }

        Steps.AddRange(raw.Select(r => new LocalStep(r.Step, [.. r.Operations.Select(o => Localise(o, r.Step))])));
    }

    /// <summary>The steps that concern this group.</summary>
    public List<LocalStep> Steps { get; }

    /// <summary>The set before any step; computed when asked for.</summary>
    public int InitialSet
    {
        get
        {
            int[] initial = new int[_cache + _cells.Length];
            for (int c = 0; c < _cells.Length; c++)
                initial[_dram + c] = LocalVersion(_program.Cells[_cells[c]].Initial);
            return InternSet(Closure(Number(initial)));
        }
    }

    public int SetCount => _sets.Count;

    public IReadOnlyList<int> Cells => _cells;

    public IReadOnlyList<int> Lines => _lines;

    public IEnumerable<Observation> Observations => _observed.Select(o => new Observation(o.Step, o.Cell, _versions[o.Version]));

    /// <summary>What the same reads returned in a group that is treated alike.</summary>
    public IEnumerable<Observation> TranslateObservations(CellGroup alike) =>
        _observed.Select(o => new Observation(o.Step, alike._cells[Array.IndexOf(_cells, o.Cell)], alike._versions[o.Version]));

    /// <summary>A text that two groups share exactly if every step treats them alike.</summary>
    public string Signature
    {
        get
        {
            var text = new System.Text.StringBuilder();
            text.AppendJoin(',', _lineOfCell).Append('|');
            text.AppendJoin(',', _cells.Select(c => LocalVersion(_program.Cells[c].Initial))).Append('|');
            foreach (ulong[] newer in _newer)
                text.AppendJoin(',', newer).Append('/');
            text.AppendJoin(',', _written).Append('|').AppendJoin(',', _tenant.Select(t => t ? 1 : 0));
            foreach (LocalStep step in Steps)
            {
                text.Append('|').Append(step.Step.Agent).Append('.').Append(step.Step.Index);
                foreach (LocalOperation o in step.Operations)
                {
                    text.Append(';').Append((int)o.Kind).Append((int)o.Path).Append(',').Append(o.Line).Append(',').Append(o.Cell)
                        .Append(',').Append(o.SourceLine).Append(',').Append(o.SourceCell).Append(',').Append(o.Version).Append(',');
                    if (o.Blame is not null)
                        text.AppendJoin('.', o.Blame.Select(b => (int)b));
                }
            }

            return text.ToString();
        }
    }

    /// <summary>Verdicts raised in any, and in all, configurations of a set.</summary>
    public (Verdicts Any, Verdicts All) Summary(int set) => ((Verdicts)_summaries[set].Any, (Verdicts)_summaries[set].All);

    /// <summary>The set after a step (by its place in <see cref="Steps"/>).</summary>
    public int Next(int set, int step)
    {
        int[] row = _next[set];
        int known = row[step];
        return known > 0 ? known - 1 : ComputeNext(set, step);
    }

    private int ComputeNext(int set, int step)
    {
        ulong[] from = _sets[set];
        ulong[] union = [];
        for (int word = 0; word < from.Length; word++)
        {
            for (ulong left = from[word]; left != 0; left &= left - 1)
            {
                ulong[] closure = Closure(After((word << 6) + BitOperations.TrailingZeroCount(left), step));
                if (closure.Length > union.Length)
                    Array.Resize(ref union, closure.Length);
                for (int w = 0; w < closure.Length; w++)
                    union[w] |= closure[w];
            }
        }

        int next = InternSet(union);
        _next[set][step] = next + 1;
        return next;
    }

    private int After(int number, int step)
    {
        int known = _after[number][step];
        if (known > 0)
            return known - 1;
        int[] configuration = [.. _configurations[number]];
        int[] before = new int[configuration.Length];
        foreach (LocalOperation operation in Steps[step].Operations)
        {
            configuration.CopyTo(before, 0);
            Apply(configuration, operation, Steps[step].Step);
            Judge(before, configuration);
        }

        int after = Number(configuration);
        _after[number][step] = after + 1;
        return after;
    }

    private int InternSet(ulong[] members)
    {
        int set = _sets.Intern(members);
        if (set == _next.Count)
        {
            _next.Add(new int[Steps.Count]);
            int any = 0, all = 0xff;
            for (int word = 0; word < members.Length; word++)
            {
                for (ulong left = members[word]; left != 0; left &= left - 1)
                {
                    int raised = _configurations[(word << 6) + BitOperations.TrailingZeroCount(left)][0];
                    any |= raised;
                    all &= raised;
                }
            }

            _summaries.Add((any, all));
        }

        return set;
    }

    private int Number(int[] configuration)
    {
        int number = _configurations.Intern(configuration);
        if (number == _closures.Count)
        {
            _limit.Count();
            _closures.Add(null);
            _after.Add(new int[Steps.Count]);
        }

        return number;
    }

    /// <summary>Everything that spontaneous moves can make of a configuration, itself included, one bit each.</summary>
    private ulong[] Closure(int number)
    {
        if (_closures[number] is { } known)
            return known;
        var seen = new HashSet<int> { number };
        var open = new Stack<int>([number]);
        while (open.TryPop(out int at))
        {
            for (int line = 0; line < _lines.Length; line++)
            {
                int state = _configurations[at][1 + line];
                int[] moved = [.. _configurations[at]];
                if (state == Absent)
                    Fetch(moved, line);
                else if (state == Clean)
                    Drop(moved, line);
                else
                    WriteBack(moved, line);
                Judge(_configurations[at], moved);
                int next = Number(moved);
                if (seen.Add(next))
                    open.Push(next);
            }
        }

        ulong[] closure = new ulong[(seen.Max() >> 6) + 1];
        foreach (int member in seen)
            closure[member >> 6] |= 1UL << (member & 63);
        _closures[number] = closure;
        return closure;
    }

    private void Apply(int[] at, LocalOperation o, StepRef step)
    {
        switch (o.Kind)
        {
            case OperationKind.Read:
                if (o.Path == AccessPath.Cached)
                    Ensure(at, o.Line);
                if (o.Cell >= 0)
                {
                    bool cached = o.Path == AccessPath.Cached || (o.Path == AccessPath.Snooped && at[1 + o.Line] == Dirty);
                    int found = at[(cached ? _cache : _dram) + o.Cell];
                    _observed.Add((step, o.GlobalCell, found));
                    at[0] |= (int)o.Blame![found];
                }

                break;
            case OperationKind.Write when o.Path == AccessPath.Cached:
                Store(at, o.Line, o.Cell, Math.Max(o.Version, 0));
                break;
            case OperationKind.Write:
                if (o.Path == AccessPath.Snooped)
                    Flush(at, o.Line);
                if (o.Cell >= 0)
                    at[_dram + o.Cell] = o.Version;
                break;
            case OperationKind.Copy:
                if (o.SourceLine >= 0)
                    Ensure(at, o.SourceLine);
                int copied = o.SourceCell >= 0 ? at[_cache + o.SourceCell] : 0;
                if (o.Blame is not null)
                    at[0] |= (int)o.Blame[copied];
                if (o.Line >= 0)
                    Store(at, o.Line, o.Cell, copied);
                break;
            case OperationKind.Clean when at[1 + o.Line] == Dirty:
                WriteBack(at, o.Line);
                break;
            case OperationKind.CleanInvalidate:
                Flush(at, o.Line);
                break;
            case OperationKind.Invalidate:
                Drop(at, o.Line);
                break;
            case OperationKind.Release:
                JudgeRelease(at, o.Cell, o.SourceCell);
                break;
        }
    }

    private void Ensure(int[] at, int line)
    {
        if (at[1 + line] == Absent)
            Fetch(at, line);
    }

    private void Fetch(int[] at, int line)
    {
        at[1 + line] = Clean;
        for (int c = 0; c < _cells.Length; c++)
        {
            if (_lineOfCell[c] == line)
                at[_cache + c] = at[_dram + c];
        }
    }

    private void WriteBack(int[] at, int line)
    {
        at[1 + line] = Clean;
        for (int c = 0; c < _cells.Length; c++)
        {
            if (_lineOfCell[c] == line)
                at[_dram + c] = at[_cache + c];
        }
    }

    private void Drop(int[] at, int line)
    {
        at[1 + line] = Absent;
        for (int c = 0; c < _cells.Length; c++)
        {
            if (_lineOfCell[c] == line)
                at[_cache + c] = 0;
        }
    }

    private void Flush(int[] at, int line)
    {
        if (at[1 + line] == Dirty)
            WriteBack(at, line);
        if (at[1 + line] != Absent)
            Drop(at, line);
    }

    private void Store(int[] at, int line, int cell, int version)
    {
        Ensure(at, line);
        at[1 + line] = Dirty;
        if (cell >= 0)
            at[_cache + cell] = version;
    }

    /// <summary>Raises "lost" if a version left its cell and only older ones remain there.</summary>
    private void Judge(int[] before, int[] after)
    {
        for (int c = 0; c < _cells.Length; c++)
        {
            bool wasCached = before[1 + _lineOfCell[c]] != Absent, isCached = after[1 + _lineOfCell[c]] != Absent;
            int dram = after[_dram + c], cache = isCached ? after[_cache + c] : dram;
            int oldDram = before[_dram + c], oldCache = wasCached ? before[_cache + c] : oldDram;
            if ((IsLost(c, dram, oldDram) && IsLost(c, cache, oldDram)) || (IsLost(c, dram, oldCache) && IsLost(c, cache, oldCache)))
                after[0] |= (int)Verdicts.Lost;
        }
    }

    private void JudgeRelease(int[] at, int slot, int original)
    {
        bool cached = at[1 + _lineOfCell[original]] != Absent;
        int dram = at[_dram + original], cache = at[_cache + original];
        bool Newer(int v) => IsLost(original, dram, v) && (!cached || IsLost(original, cache, v));
        if (Newer(at[_dram + slot]) || (at[1 + _lineOfCell[slot]] != Absent && Newer(at[_cache + slot])))
            at[0] |= (int)Verdicts.Lost;
    }

    private bool IsLost(int cell, int left, int gone) => IsOlder(left, gone) || (_tenant[left] && _written[gone] == cell);

    private bool IsOlder(int version, int than) => (_newer[version][than >> 6] >> (than & 63) & 1) != 0;

    /// <summary>The versions that were written before a step in every schedule, one bit each.</summary>
    private ulong[] WrittenBefore(StepRef step)
    {
        ulong[] before = new ulong[(_versions.Length + 63) >> 6];
        for (int v = 0; v < _versions.Length; v++)
        {
            if (_program.Versions[_versions[v]].Writer is { } writer && _program.Order.IsBefore(writer, step))
                before[v >> 6] |= 1UL << (v & 63);
        }

        return before;
    }

    private static bool Meet(ulong[] a, ulong[] b)
    {
        for (int word = 0; word < a.Length; word++)
        {
            if ((a[word] & b[word]) != 0)
                return true;
        }

        return false;
    }

    private bool Concerns(Operation o) => o.Kind switch
    {
        OperationKind.Release => Array.IndexOf(_cells, o.Target) >= 0,
        OperationKind.Copy => Array.IndexOf(_lines, LineOf(o)) >= 0 || Array.IndexOf(_lines, _program.Cells[o.Source].Line) >= 0,
        _ => Array.IndexOf(_lines, LineOf(o)) >= 0,
    };

    private int LineOf(Operation o) => o.IsMaintenance ? o.Target : _program.Cells[o.Target].Line;

    private int LocalVersion(int version) => Array.BinarySearch(_versions, version);

    private LocalOperation Localise(Operation o, StepRef step)
    {
        int cell = o.IsMaintenance ? -1 : Array.IndexOf(_cells, o.Target);
        int sourceCell = o.Source >= 0 ? Array.IndexOf(_cells, o.Source) : -1;
        int sourceLine = o.Source >= 0 ? Array.IndexOf(_lines, _program.Cells[o.Source].Line) : -1;
        Verdicts[]? blame = null;
        if (cell >= 0 && o.Kind == OperationKind.Read)
        {
            ulong[] before = WrittenBefore(step);
            blame = [.. _versions.Select((v, local) => _program.IsForeign(v, o.Home) ? Verdicts.Leak
                : Meet(_newer[local], before) ? Verdicts.Stale : Verdicts.None)];
        }
        else if (sourceCell >= 0 && o.Kind == OperationKind.Copy)
        {
            blame = [.. _versions.Select(v => _program.IsForeign(v, o.Home) ? Verdicts.Leak : Verdicts.None)];
        }

        int version = o.Version >= 0 && cell >= 0 ? LocalVersion(o.Version) : -1;
        return new LocalOperation(o.Kind, o.Path, Array.IndexOf(_lines, LineOf(o)), cell, sourceLine, sourceCell, version, blame, o.Target);
    }
}
