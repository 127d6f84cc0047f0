using System.Numerics;

namespace Handoff.Tracing.Mappings;

/// <summary>Which slots of a bounce pool are taken, as addresses of mappings tell.</summary>
internal sealed class SlotMap
{
    /// <summary>Slots of a segment, which no allocation crosses.</summary>
    public const int SegmentSlots = 128;

    private readonly ulong[] _taken; // one bit a slot, two words a segment; slots past the end count as taken
    private readonly int _slots;

    public SlotMap(int slots)
    {
        _slots = slots;
        int segments = (slots + SegmentSlots - 1) / SegmentSlots;
        _taken = new ulong[segments * 2];
        for (int slot = slots; slot < segments * SegmentSlots; slot++)
            _taken[slot >> 6] |= 1UL << (slot & 63);
    }

    public void Set(int first, int count, bool taken)
    {
        int last = first + count - 1;
        if (first >= 0 && count > 0 && last < _slots && first >> 6 == last >> 6) // nearly always
        {
            ulong bits = (ulong.MaxValue >> (64 - count)) << (first & 63);
            _taken[first >> 6] = taken ? _taken[first >> 6] | bits : _taken[first >> 6] & ~bits;
            return;
        }

        SetLong(first, count, taken);
    }

    private void SetLong(int first, int count, bool taken)
    {
        int end = Math.Min(first + count, _slots);
        for (int slot = Math.Max(first, 0); slot < end;)
        {
            int inWord = Math.Min(64 - (slot & 63), end - slot);
            ulong bits = (inWord == 64 ? ulong.MaxValue : (1UL << inWord) - 1) << (slot & 63);
            if (taken)
                _taken[slot >> 6] |= bits;
            else
                _taken[slot >> 6] &= ~bits;
            slot += inWord;
        }
    }

    /// <summary>Free slots in a range.</summary>
    public int Free(int first, int count)
    {
        int free = 0;
        int end = Math.Min(first + count, _slots);
        for (int slot = first; slot < end;)
        {
            int inWord = Math.Min(64 - (slot & 63), end - slot);
            ulong bits = (inWord == 64 ? ulong.MaxValue : (1UL << inWord) - 1) << (slot & 63);
            free += BitOperations.PopCount(~_taken[slot >> 6] & bits);
            slot += inWord;
        }

        return free;
    }

    /// <summary>The longest run of free slots of one segment that begins at an acceptable slot.</summary>
    /// <param name="stride">1 for any slot, 2 for every second one.</param>
    /// <param name="phase">With stride 2: 0 for even slots, 1 for odd ones.</param>
    public int LongestRun(int stride, int phase)
    {
        int longest = 0;
        for (int word = 0; word < _taken.Length && longest < SegmentSlots; word += 2)
        {
            UInt128 free = ~new UInt128(_taken[word + 1], _taken[word]);
            for (int at = 0; at < SegmentSlots - longest;)
            {
                UInt128 rest = free >> at;
                if (rest == UInt128.Zero)
                    break;
                at += (int)UInt128.TrailingZeroCount(rest);
                int end = at + (int)UInt128.TrailingZeroCount(~(free >> at));
                int start = stride == 2 && (at & 1) != phase ? at + 1 : at;
                longest = Math.Max(longest, end - start);
                at = end;
            }
        }

        return longest;
    }

    /// <summary>How many requests of a length find room one after the other, each at an acceptable slot of one segment.</summary>
    /// <param name="stride">1 for any slot, 2 for every second one.</param>
    /// <param name="phase">With stride 2: 0 for even slots, 1 for odd ones.</param>
    /// <param name="length">Slots of a request, at least 1.</param>
    /// <param name="most">Counting ends there.</param>
    public int Places(int stride, int phase, int length, int most)
    {
        int places = 0, step = (length + stride - 1) / stride * stride;
        for (int word = 0; word < _taken.Length && places < most; word += 2)
        {
            UInt128 free = ~new UInt128(_taken[word + 1], _taken[word]);
            for (int at = 0; at < SegmentSlots;)
            {
                UInt128 rest = free >> at;
                if (rest == UInt128.Zero)
                    break;
                at += (int)UInt128.TrailingZeroCount(rest);
                int end = at + (int)UInt128.TrailingZeroCount(~(free >> at));
                int start = stride == 2 && (at & 1) != phase ? at + 1 : at;
                if (end - start >= length)
                    places += ((end - start - length) / step) + 1;
                at = end;
            }
        }

        return Math.Min(places, most);
    }

    public void Clear()
    {
        Array.Clear(_taken);
        for (int slot = _slots; slot < _taken.Length * 64; slot++)
            _taken[slot >> 6] |= 1UL << (slot & 63);
    }
}
