using System.Collections.Immutable;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Lowering;

/// <summary>Cuts the memory that steps touch into lines and cells, and turns ranges into operations on them.</summary>
/// <remarks>
/// Long stretches that no step divides are shortened first: every line in the middle of one is treated like its neighbours, and
/// ranges that exchange content have stretches of equal length, so they shrink alike. 64 MiB cost what 64 KiB cost.
/// </remarks>
internal sealed class CellBuilder
{
    private const int MostBounds = 20_000; // places where something begins or ends
    private const int MostOperations = 1_000_000;

    private readonly uint _line;
    private readonly List<List<PhysicalStep>> _agents;
    private readonly PlacesOfOthers _others;
    private readonly Func<ulong, string> _name;
    private ulong[] _bounds = [];
    private ulong[] _compact = [];
    private readonly SortedDictionary<ulong, int> _cellAt = [];
    private readonly Dictionary<ulong, int> _lineAt = [];
    private readonly List<ContentVersion> _versions = [];
    private readonly List<Cell> _cells = [];
    private ulong[] _starts = [];
    private int _operations;

    /// <param name="line">Bytes of a cache line.</param>
    /// <param name="agents">All steps.</param>
    /// <param name="others">Where what DRAM holds at first belongs to a previous owner.</param>
    /// <param name="name">Name of the memory at an address.</param>
    private CellBuilder(uint line, List<List<PhysicalStep>> agents, PlacesOfOthers others, Func<ulong, string> name) =>
        (_line, _agents, _others, _name) = (line, agents, others, name);

    public static AtomicProgram Build(
        uint line, List<(string Name, List<PhysicalStep> Steps)> agents, PlacesOfOthers others, Func<ulong, string> name)
    {
        var builder = new CellBuilder(line, [.. agents.Select(a => a.Steps)], others, name);
        builder.Compact();
        builder.Cut();
        var built = new List<Agent>();
        for (int a = 0; a < agents.Count; a++)
        {
            var steps = ImmutableArray.CreateBuilder<AtomicStep>();
            for (int i = 0; i < agents[a].Steps.Count; i++)
                steps.Add(agents[a].Steps[i].ToAtomic(builder.Operations(agents[a].Steps[i], new StepRef(a, i))));
            built.Add(new Agent(agents[a].Name, steps.ToImmutable()));
        }

        return new AtomicProgram(builder._lineAt.Count, [.. builder._cells], [.. builder._versions], [.. built]);
    }

    private IEnumerable<MemoryEffect> Effects => _agents.SelectMany(a => a).SelectMany(s => s.Effects);

    /// <summary>Closes a set of boundaries under the links between ranges that exchange content.</summary>
    private static SortedSet<ulong> Close(SortedSet<ulong> bounds, List<MemoryEffect> links)
    {
        var open = new Queue<ulong>(bounds);
        while (open.TryDequeue(out ulong bound))
        {
            foreach (MemoryEffect link in links)
            {
                if (bounds.Count > MostBounds)
                    throw new ExplorationLimitException(ExplorationOutcome.TooLarge);
                if (bound - link.Start <= link.Size && bounds.Add(bound - link.Start + link.Other))
                    open.Enqueue(bound - link.Start + link.Other);
                if (bound - link.Other <= link.Size && bounds.Add(bound - link.Other + link.Start))
                    open.Enqueue(bound - link.Other + link.Start);
            }
        }

        return bounds;
    }

    private void Compact()
    {
        var bounds = new SortedSet<ulong>();
        foreach (MemoryEffect effect in Effects)
        {
            bounds.Add(effect.Start);
            bounds.Add(effect.End);
            if (effect.HasOther)
            {
                bounds.Add(effect.Other);
                bounds.Add(effect.Other + effect.Size);
            }
        }

        List<MemoryEffect> links = [.. Effects.Where(e => e.HasOther && e.Other != e.Start).Select(e => e with { Kind = EffectKind.Copy, Path = 0, Label = "" }).Distinct()];
        if (bounds.Count > MostBounds)
            throw new ExplorationLimitException(ExplorationOutcome.TooLarge);
        _bounds = [.. Close(bounds, links)];
        _compact = new ulong[_bounds.Length];
        ulong at = 0;
        for (int b = 0; b < _bounds.Length; b++)
        {
            if (b == 0)
                at = _bounds[0] % _line;
            else
                at += Shorten(_bounds[b] - _bounds[b - 1]);
            _compact[b] = at;
        }
    }

    private ulong Shorten(ulong length) => length <= 4UL * _line ? length : (3UL * _line) + (length % _line);

    private ulong ToCompact(ulong address) => _compact[Array.BinarySearch(_bounds, address)];

    private void Cut()
    {
        var bounds = new SortedSet<ulong>(_compact);
        var ranges = new SortedSet<(ulong Start, ulong End)>();
        var links = new List<MemoryEffect>();
        foreach (MemoryEffect effect in Effects)
        {
            ulong start = ToCompact(effect.Start), end = ToCompact(effect.End);
            ranges.Add((start, end));
            if (!effect.HasOther || effect.Other == effect.Start)
                continue;
            ulong other = ToCompact(effect.Other);
            ranges.Add((other, other + (end - start)));
            links.Add(new MemoryEffect(EffectKind.Copy, start, end - start, other));
        }

        foreach ((ulong start, ulong end) in ranges)
        {
            for (ulong line = start / _line * _line; line <= end; line += _line)
                bounds.Add(line);
        }

        ulong[] cuts = [.. Close(bounds, [.. links.Distinct()])];
        var starts = new List<ulong>();
        foreach ((ulong start, ulong end) in ranges)
        {
            for (int c = Array.BinarySearch(cuts, start); c < cuts.Length && cuts[c] < end; c++)
            {
                if (!_cellAt.ContainsKey(cuts[c]))
                    _cellAt.Add(cuts[c], 0);
            }
        }

        foreach (ulong start in _cellAt.Keys.ToArray())
        {
            int cell = _cells.Count;
            _cellAt[start] = cell;
            starts.Add(start);
            ulong line = start / _line;
            if (!_lineAt.TryGetValue(line, out int number))
                _lineAt.Add(line, number = _lineAt.Count);
            ulong original = FromCompact(start);
            bool foreign = _others.Contains(original);
            _versions.Add(new ContentVersion(foreign ? ContentVersion.NoHome : cell, null, foreign ? "old tenant" : "0"));
            _cells.Add(new Cell(number, cell, _name(original)));
        }

        _starts = [.. starts];
    }

    private ulong FromCompact(ulong compact)
    {
        int at = Array.BinarySearch(_compact, compact);
        at = at >= 0 ? at : ~at - 1;
        return _bounds[at] + (compact - _compact[at]);
    }

    private IEnumerable<int> CellsOf(ulong start, ulong end)
    {
        for (int c = Array.BinarySearch(_starts, start); c >= 0 && c < _starts.Length && _starts[c] < end; c++)
            yield return c;
    }

    private ImmutableArray<Operation> Operations(PhysicalStep step, StepRef place)
    {
        var operations = ImmutableArray.CreateBuilder<Operation>();
        foreach (MemoryEffect effect in step.Effects)
        {
            ulong start = ToCompact(effect.Start), end = ToCompact(effect.End);
            ulong other = effect.HasOther ? ToCompact(effect.Other) : start;
            switch (effect.Kind)
            {
                case EffectKind.Clean:
                    operations.AddRange(Lines(start, end == start ? end + 1 : end).Select(Operation.Clean));
                    break;
                case EffectKind.CleanInvalidate:
                    operations.AddRange(Lines(start, start + 1).Select(Operation.CleanInvalidate));
                    break;
                case EffectKind.Drop:
                    operations.AddRange(Lines(start, start + 1).Select(Operation.Invalidate));
                    break;
                case EffectKind.Invalidate:
                    Invalidate(operations, start, end);
                    break;
                default:
                    foreach (int cell in CellsOf(start, end))
                        operations.Add(OnCell(effect, cell, _cellAt[_starts[cell] - start + other], place));
                    break;
            }
        }

        _operations += operations.Count;
        return _operations <= MostOperations ? operations.ToImmutable() : throw new ExplorationLimitException(ExplorationOutcome.TooLarge);
    }

    private Operation OnCell(MemoryEffect effect, int cell, int other, StepRef place)
    {
        switch (effect.Kind)
        {
            case EffectKind.Read:
                return Operation.Read(effect.Path, cell, other);
            case EffectKind.Copy:
                return Operation.Copy(other, cell, IsSlot(cell) ? -1 : cell);
            case EffectKind.Release:
                return Operation.Release(cell, other);
            default:
                int home = effect.Kind == EffectKind.Zero ? cell : other;
                _versions.Add(new ContentVersion(home, place, effect.Kind == EffectKind.Zero ? "zeroes" : effect.Label));
                return Operation.Write(effect.Path, cell, _versions.Count - 1);
        }
    }

    private bool IsSlot(int cell) => _others.IsSlot(FromCompact(_starts[cell]));

    private IEnumerable<int> Lines(ulong start, ulong end)
    {
        for (ulong line = start / _line; line * _line < end; line++)
        {
            if (_lineAt.TryGetValue(line, out int number))
                yield return number;
        }
    }

    /// <summary>Partly covered lines are written back before they are dropped; the order is the hardware routine's.</summary>
    private void Invalidate(ImmutableArray<Operation>.Builder operations, ulong start, ulong end)
    {
        ulong from = start;
        if (end % _line != 0)
            operations.AddRange(Lines(end, end + 1).Select(Operation.CleanInvalidate));
        if (start % _line != 0)
        {
            operations.AddRange(Lines(start, start + 1).Select(Operation.CleanInvalidate));
            from = (start / _line * _line) + _line;
        }
        else
        {
            operations.AddRange(Lines(start, start + 1).Select(Operation.Invalidate));
            from += _line;
        }

        if (from < end / _line * _line)
            operations.AddRange(Lines(from, end / _line * _line).Select(Operation.Invalidate));
    }
}
