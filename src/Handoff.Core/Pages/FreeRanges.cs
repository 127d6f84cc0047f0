using System.Runtime.InteropServices;

namespace Handoff.Pages;

/// <summary>Free memory as ranges in ascending order; takes the lowest place that fits. Not thread-safe.</summary>
internal sealed class FreeRanges
{
    private readonly List<(ulong Start, ulong End)> _ranges = [];

    /// <summary>Bytes that are free.</summary>
    public ulong Size { get; private set; }

    /// <summary>Takes an aligned block within [from, to).</summary>
    public PhysicalAddress? Take(ulong size, ulong alignment, ulong from = 0, ulong to = ulong.MaxValue)
    {
        for (int i = 0; i < _ranges.Count; i++)
        {
            ulong start = Align.Up(Math.Max(_ranges[i].Start, from), alignment);
            ulong end = Math.Min(_ranges[i].End, to);
            if (start >= _ranges[i].Start && start < end && end - start >= size)
            {
                Cut(i, start, start + size);
                return new(start);
            }
        }

        return null;
    }

    /// <summary>Takes exactly this block if all of it is free.</summary>
    public bool TryTake(PhysicalAddress start, ulong size)
    {
        for (int i = 0; i < _ranges.Count; i++)
        {
            if (_ranges[i].Start <= start.Value && start.Value < _ranges[i].End)
            {
                if (_ranges[i].End - start.Value < size)
                    return false;
                Cut(i, start.Value, start.Value + size);
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes out whatever is free of a range.</summary>
    public void Exclude(MemoryRange range)
    {
        ulong from = range.Start.Value, to = range.End.Value;
        for (int i = _ranges.Count - 1; i >= 0; i--)
        {
            ulong start = Math.Max(from, _ranges[i].Start), end = Math.Min(to, _ranges[i].End);
            if (start < end)
                Cut(i, start, end);
        }
    }

    /// <summary>Gives a block back; neighbours merge.</summary>
    /// <exception cref="InvalidOperationException">A part of it is free already.</exception>
    public void Give(PhysicalAddress start, ulong size)
    {
        ulong from = start.Value, to = start.Value + size;
        int at = 0;
        while (at < _ranges.Count && _ranges[at].End < from)
            at++;
        if (at < _ranges.Count && _ranges[at].End == from)
        {
            if (at + 1 < _ranges.Count && _ranges[at + 1].Start < to)
                ThrowDoubleFree(start);
            if (at + 1 < _ranges.Count && _ranges[at + 1].Start == to)
            {
                to = _ranges[at + 1].End;
                _ranges.RemoveAt(at + 1);
            }

            _ranges[at] = (_ranges[at].Start, to);
        }
        else
        {
            if (at < _ranges.Count && _ranges[at].Start < to)
                ThrowDoubleFree(start);
            if (at < _ranges.Count && _ranges[at].Start == to)
                _ranges[at] = (from, _ranges[at].End);
            else
                _ranges.Insert(at, (from, to));
        }

        Size += size;
    }

    private void Cut(int index, ulong start, ulong end)
    {
        (ulong Start, ulong End) range = CollectionsMarshal.AsSpan(_ranges)[index];
        Size -= end - start;
        _ranges.RemoveAt(index);
        if (end < range.End)
            _ranges.Insert(index, (end, range.End));
        if (range.Start < start)
            _ranges.Insert(index, (range.Start, start));
    }

    private static void ThrowDoubleFree(PhysicalAddress start) =>
        throw new InvalidOperationException($"Memory at {start} is freed twice.");
}
