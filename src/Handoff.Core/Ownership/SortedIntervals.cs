namespace Handoff.Ownership;

/// <summary>Half-open intervals in order of their start, each with a number; they may overlap and repeat.</summary>
/// <remarks>Sorted chunks of fixed size: look-up by binary search, insertion by moving a few words. Memory follows the count.</remarks>
/// <param name="most">Intervals with one start that it takes, and that a look-up compares with.</param>
internal sealed class SortedIntervals(int most = int.MaxValue)
{
    private const int Capacity = 32, MostSpares = 128;

    private readonly List<Chunk> _chunks = []; // never empty ones
    private ulong[] _firsts = new ulong[4]; // smallest start of each chunk
    private readonly Stack<Chunk> _spares = []; // became empty; at most MostSpares
    private ulong _longest; // no interval is longer

    private sealed class Chunk
    {
        public readonly ulong[] Starts = new ulong[Capacity];
        public readonly ulong[] Ends = new ulong[Capacity];
        public readonly int[] Values = new int[Capacity];
        public int Count;
    }

    public int Count { get; private set; }

    public void Clear()
    {
        _chunks.Clear();
        _longest = 0;
        Count = 0;
    }

    /// <summary>Adds an interval.</summary>
    /// <returns>Whether it was added: not where too many have the same start already.</returns>
    public bool Insert(ulong start, ulong end, int value)
    {
        if (Count >= most && CountOf(start) >= most)
            return false;
        if (end - start > _longest)
            _longest = end - start;
        Count++;
        if (_chunks.Count == 0)
        {
            InsertChunk(0, NewChunk());
            _firsts[0] = start;
        }

        int c = ChunkOf(start);
        Chunk chunk = _chunks[c];
        if (chunk.Count == Capacity)
        {
            Split(c);
            if (start >= _firsts[c + 1])
                c++;
            chunk = _chunks[c];
        }

        int at = After(chunk, start);
        int moved = chunk.Count - at;
        Array.Copy(chunk.Starts, at, chunk.Starts, at + 1, moved);
        Array.Copy(chunk.Ends, at, chunk.Ends, at + 1, moved);
        Array.Copy(chunk.Values, at, chunk.Values, at + 1, moved);
        (chunk.Starts[at], chunk.Ends[at], chunk.Values[at]) = (start, end, value);
        chunk.Count++;
        _firsts[c] = chunk.Starts[0];
        return true;
    }

    public bool Remove(ulong start, int value)
    {
        if (Count == 0)
            return false;
        for (int c = ChunkOf(start); c >= 0; c--)
        {
            Chunk chunk = _chunks[c];
            for (int at = After(chunk, start) - 1; at >= 0; at--)
            {
                if (chunk.Starts[at] != start)
                    return false;
                if (chunk.Values[at] != value)
                    continue;
                RemoveAt(c, at);
                return true;
            }
        }

        return false;
    }

    /// <summary>Adds to <paramref name="found"/> the numbers of all intervals that share a byte with [start, end).</summary>
    /// <returns>Whether all were compared; if not, there may be others.</returns>
    public bool Overlapping(ulong start, ulong end, List<int> found)
    {
        if (Count == 0 || end <= start)
            return true;
        int left = most;
        ulong reach = start < _longest ? 0 : start - _longest; // an interval that begins before cannot reach start
        for (int c = ChunkOf(end - 1); c >= 0; c--)
        {
            Chunk chunk = _chunks[c];
            for (int at = After(chunk, end - 1) - 1; at >= 0; at--)
            {
                if (chunk.Starts[at] < reach)
                    return true;
                if (chunk.Ends[at] > start)
                    found.Add(chunk.Values[at]);
                if (--left == 0)
                    return false;
            }
        }

        return true;
    }

    /// <summary>All numbers, in order of start.</summary>
    public IEnumerable<int> Values()
    {
        foreach (Chunk chunk in _chunks)
        {
            for (int i = 0; i < chunk.Count; i++)
                yield return chunk.Values[i];
        }
    }

    /// <summary>How many have a start; at least <c>most</c> if there are more.</summary>
    private int CountOf(ulong start)
    {
        int count = 0;
        for (int c = ChunkOf(start); c >= 0 && count < most; c--)
        {
            Chunk chunk = _chunks[c];
            for (int at = After(chunk, start) - 1; at >= 0; at--, count++)
            {
                if (chunk.Starts[at] != start)
                    return count;
            }
        }

        return count;
    }

    /// <summary>The last chunk that begins at or before a start; the first one if none does.</summary>
    private int ChunkOf(ulong start)
    {
        int low = 0, high = _chunks.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >> 1;
            if (_firsts[middle] <= start)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }

    /// <summary>Position after the last interval that begins at or before a start.</summary>
    private static int After(Chunk chunk, ulong start)
    {
        int low = 0, high = chunk.Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (chunk.Starts[middle] <= start)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private void RemoveAt(int c, int at)
    {
        Chunk chunk = _chunks[c];
        Count--;
        chunk.Count--;
        if (chunk.Count == 0)
        {
            _chunks.RemoveAt(c);
            if (_spares.Count < MostSpares)
                _spares.Push(chunk);
            Array.Copy(_firsts, c + 1, _firsts, c, _chunks.Count - c);
            if (Count == 0)
                _longest = 0;
            return;
        }

        int moved = chunk.Count - at;
        Array.Copy(chunk.Starts, at + 1, chunk.Starts, at, moved);
        Array.Copy(chunk.Ends, at + 1, chunk.Ends, at, moved);
        Array.Copy(chunk.Values, at + 1, chunk.Values, at, moved);
        _firsts[c] = chunk.Starts[0];
    }

    private void Split(int c)
    {
        const int half = Capacity / 2;
        Chunk left = _chunks[c];
        Chunk right = NewChunk();
        right.Count = Capacity - half;
        Array.Copy(left.Starts, half, right.Starts, 0, right.Count);
        Array.Copy(left.Ends, half, right.Ends, 0, right.Count);
        Array.Copy(left.Values, half, right.Values, 0, right.Count);
        left.Count = half;
        InsertChunk(c + 1, right);
        _firsts[c + 1] = right.Starts[0];
    }

    private Chunk NewChunk() => _spares.TryPop(out Chunk? spare) ? spare : new Chunk();

    private void InsertChunk(int c, Chunk chunk)
    {
        if (_chunks.Count == _firsts.Length)
            Array.Resize(ref _firsts, _firsts.Length * 2);
        Array.Copy(_firsts, c, _firsts, c + 1, _chunks.Count - c);
        _chunks.Insert(c, chunk);
    }
}
