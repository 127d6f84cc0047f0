namespace Handoff.Tracing.Tests.Replay;

/// <summary>The bounce allocator word for word: a list length per slot, walked one step at a time, and the steps counted.</summary>
internal sealed class LiteralPool(ulong start, int slots, int areas)
{
    private const int Segment = 128;
    private readonly int[] _list = [.. Enumerable.Range(0, slots).Select(i => Math.Min(Segment - (i % Segment), slots - i))];
    private readonly int[] _used = new int[areas], _index = new int[areas];
    private readonly Dictionary<ulong, (int Slot, int Count)> _live = [];

    public ulong Start => start;

    public ulong End => start + ((ulong)slots << 11);

    public int Used => _used.Sum();

    public int HighWater { get; private set; }

    public long Steps { get; private set; }

    public long[] Searches { get; } = new long[areas];

    /// <summary>Maps; null when full.</summary>
    public ulong? Map(int cpu, ulong original, ulong size, ulong minAlign)
    {
        ulong offset = original & minAlign & 0x7ff, alloc = size + offset;
        int count = (int)((alloc + 2047) / 2048);
        int areaSlots = slots / areas;
        for (int k = 0; k < areas; k++)
        {
            int area = (cpu + k) & (areas - 1);
            Searches[area]++;
            if (Search(area, areaSlots, original, alloc, minAlign, count) is not { } slot)
                continue;
            for (int i = slot; i < slot + count; i++)
                _list[i] = 0;
            for (int i = slot - 1, c = 0; i >= 0 && i % Segment != Segment - 1 && _list[i] != 0; i--)
                _list[i] = ++c;
            _used[area] += count;
            HighWater = Math.Max(HighWater, Used);
            ulong address = start + ((ulong)slot << 11) + offset;
            _live.Add(address, (slot, count));
            return address;
        }

        return null;
    }

    public void Unmap(ulong address)
    {
        _live.Remove(address, out (int Slot, int Count) mapping);
        int next = mapping.Slot + mapping.Count, c = next < slots && next % Segment != 0 ? _list[next] : 0;
        for (int i = next - 1; i >= mapping.Slot; i--)
            _list[i] = ++c;
        for (int i = mapping.Slot - 1; i >= 0 && i % Segment != Segment - 1 && _list[i] != 0; i--)
            _list[i] = ++c;
        _used[mapping.Slot / (slots / areas)] -= mapping.Count;
    }

    private int? Search(int area, int areaSlots, ulong original, ulong alloc, ulong minAlign, int count)
    {
        ulong alignMask = minAlign == 0 && alloc >= 4096 ? 4095u : 0;
        alignMask |= 0x7ff;
        ulong repeat = minAlign & ~alignMask;
        int stride = (int)(Math.Max(alignMask, repeat) >> 11) + 1;
        if (count > areaSlots - _used[area])
            return null;
        int index = _index[area];
        for (int passed = 0; passed < areaSlots;)
        {
            Steps++;
            int slot = (area * areaSlots) + index;
            ulong address = start + ((ulong)slot << 11);
            bool placed = (address & alignMask) == 0 && (address & repeat) == (original & repeat);
            if (placed && _list[slot] >= count)
            {
                _index[area] = index + count >= areaSlots ? 0 : index + count;
                return slot;
            }

            int step = placed ? stride : 1;
            index = index + step >= areaSlots ? 0 : index + step;
            passed += step;
        }

        return null;
    }
}
