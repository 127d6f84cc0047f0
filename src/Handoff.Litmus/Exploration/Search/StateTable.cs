using System.Runtime.CompilerServices;

namespace Handoff.Litmus.Exploration.Search;

/// <summary>All states seen, each a fixed number of 64-bit words, found by hash.</summary>
/// <remarks>
/// Memory per state: its words, and 5 to 11 bytes of index. Small programs have few states: the first chunk begins small and grows until
/// it is a whole one.
/// </remarks>
internal sealed class StateTable(int words)
{
    private const int ChunkBits = 14;
    private const int FewStates = 32;

    private readonly List<ulong[]> _chunks = [new ulong[words * FewStates]];
    private int[] _slots = new int[FewStates * 2]; // number + 1 of a state; 0: empty. Always less than 3/4 full.
    private int _count;

    public int Count => _count;

    /// <summary>The words of a state.</summary>
    public ReadOnlySpan<ulong> this[int state]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _chunks[state >> ChunkBits].AsSpan((state & ((1 << ChunkBits) - 1)) * words, words);
    }

    /// <summary>Bytes in use, index included.</summary>
    public long Bytes => (((((long)_chunks.Count - 1) * words << ChunkBits) + _chunks[0].Length) * sizeof(ulong)) + ((long)_slots.Length * sizeof(int));

    /// <summary>Adds a state; gives its number, or -1 if it was known.</summary>
    public int Add(ReadOnlySpan<ulong> state)
    {
        int mask = _slots.Length - 1;
        int at = (int)Hash(state) & mask;
        while (_slots[at] != 0)
        {
            if (this[_slots[at] - 1].SequenceEqual(state))
                return -1;
            at = (at + 1) & mask;
        }

        int number = _count++;
        if (number >> ChunkBits == _chunks.Count)
            _chunks.Add(GC.AllocateUninitializedArray<ulong>(words << ChunkBits));
        else if (_chunks.Count == 1 && number * words == _chunks[0].Length)
            GrowFirst();
        state.CopyTo(_chunks[number >> ChunkBits].AsSpan((number & ((1 << ChunkBits) - 1)) * words, words));
        _slots[at] = number + 1;
        if (_count > _slots.Length / 4 * 3)
            Grow();
        return number;
    }

    private static ulong Hash(ReadOnlySpan<ulong> state)
    {
        ulong hash = 0x9e37_79b9_7f4a_7c15;
        foreach (ulong word in state)
        {
            hash = (hash ^ word) * 0xff51_afd7_ed55_8ccd;
            hash ^= hash >> 32;
        }

        return hash ^ (hash >> 29);
    }

    private void GrowFirst()
    {
        ulong[] more = GC.AllocateUninitializedArray<ulong>(_chunks[0].Length * 2);
        _chunks[0].CopyTo(more, 0);
        _chunks[0] = more;
    }

    private void Grow()
    {
        int[] slots = new int[_slots.Length * 2];
        int mask = slots.Length - 1;
        for (int state = 0; state < _count; state++)
        {
            int at = (int)Hash(this[state]) & mask;
            while (slots[at] != 0)
                at = (at + 1) & mask;
            slots[at] = state + 1;
        }

        _slots = slots;
    }
}
