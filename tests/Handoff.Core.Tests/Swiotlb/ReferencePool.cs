namespace Handoff.Core.Tests.Swiotlb;

/// <summary>
/// The slot search and coalescing written down literally, slot by slot, with a count of free followers in every slot:
/// readable, slow, and sharing nothing with the engine. One pool, several areas, no locks.
/// </summary>
internal sealed class ReferencePool
{
    private const ulong Invalid = ulong.MaxValue;
    private readonly ulong _start;
    private readonly int _slots;
    private readonly int _areaSlots;
    private readonly int[] _free; // how many free slots follow, this one included, within the segment
    private readonly ulong[] _original;
    private readonly ulong[] _allocSize;
    private readonly int[] _pad;
    private readonly int[] _areaUsed;
    private readonly int[] _areaIndex;

    public ReferencePool(ulong start, int slots, int areas)
    {
        _start = start;
        _slots = slots;
        _areaSlots = slots / areas;
        _free = new int[slots];
        _original = new ulong[slots];
        _allocSize = new ulong[slots];
        _pad = new int[slots];
        _areaUsed = new int[areas];
        _areaIndex = new int[areas];
        for (int i = 0; i < slots; i++)
        {
            _free[i] = Math.Min(128 - (i % 128), slots - i);
            _original[i] = Invalid;
        }
    }

    public long Used => _areaUsed.Sum();

    public long HighWater { get; private set; }

    /// <returns>The slot address, or null.</returns>
    public ulong? Map(ulong original, ulong size, ulong alignMask, ulong minAlign, ulong boundary, int cpu)
    {
        ulong offset = original & minAlign & (alignMask | 0x7ff);
        ulong alloc = (size + offset + alignMask) / (alignMask + 1) * (alignMask + 1);
        for (int k = 0; k < _areaUsed.Length; k++)
        {
            int area = (cpu + k) % _areaUsed.Length;
            if (Search(area, original, alloc, alignMask, minAlign, boundary) is not { } slot)
                continue;
            int pad = (int)(offset / 2048);
            int first = slot + pad;
            _pad[first] = pad;
            for (int i = 0; i < (int)((alloc + 2047) / 2048) - pad; i++)
                _original[first + i] = original + ((ulong)i * 2048);
            return _start + ((ulong)first * 2048) + (offset % 2048);
        }

        return null;
    }

    public void Unmap(ulong address, ulong minAlign)
    {
        ulong offset = address & minAlign & 0x7ff;
        int index = (int)((address - offset - _start) / 2048);
        index -= _pad[index];
        int count = (int)((_allocSize[index] + offset + 2047) / 2048);
        int segmentEnd = ((index / 128) + 1) * 128;
        int followers = index + count < segmentEnd && index + count < _slots ? _free[index + count] : 0;
        for (int i = index + count - 1; i >= index; i--)
        {
            _free[i] = ++followers;
            _original[i] = Invalid;
            _allocSize[i] = 0;
            _pad[i] = 0;
        }

        for (int i = index - 1; i >= 0 && i % 128 != 127 && _free[i] != 0; i--)
            _free[i] = ++followers;
        _areaUsed[index / _areaSlots] -= count;
    }

    /// <returns>The first original byte and how many bytes move.</returns>
    public (ulong Original, ulong Size) Sync(ulong address, ulong size, ulong minAlign)
    {
        int index = (int)((address - _start) / 2048);
        long delta = (long)(address & 0x7ff) - (long)(_original[index] & minAlign & 0x7ff);
        ulong room = unchecked(_allocSize[index] - (ulong)delta);
        return (unchecked(_original[index] + (ulong)delta), Math.Min(size, room));
    }

    private int? Search(int area, ulong original, ulong alloc, ulong alignMask, ulong minAlign, ulong boundary)
    {
        ulong table = _start & boundary;
        ulong segmentSlots = (boundary >> 11) + 1;
        ulong offset = original & minAlign & 0x7ff;
        if (alloc > int.MaxValue)
            return null;
        int count = (int)((alloc + 2047) / 2048);
        if (alignMask == 0 && minAlign == 0 && alloc >= 4096)
            alignMask = 4095;
        alignMask |= 0x7ff;
        ulong repeat = minAlign & ~alignMask;
        ulong stride = (Math.Max(alignMask, repeat) >> 11) + 1;
        if (count > _areaSlots - _areaUsed[area])
            return null;
        int index = _areaIndex[area];
        for (ulong seen = 0; seen < (ulong)_areaSlots;)
        {
            int slot = (area * _areaSlots) + index;
            ulong at = table + ((ulong)slot * 2048);
            if ((at & alignMask) != 0 || (original != 0 && (at & repeat) != (original & repeat)))
            {
                index = index + 1 >= _areaSlots ? 0 : index + 1;
                seen++;
                continue;
            }

            bool crosses = ((((table + 2047) / 2048) + (ulong)slot) & (segmentSlots - 1)) + (ulong)count > segmentSlots;
            if (!crosses && _free[slot] >= count)
            {
                for (int i = slot; i < slot + count; i++)
                {
                    _free[i] = 0;
                    _allocSize[i] = unchecked(alloc - (offset + ((ulong)(i - slot) * 2048)));
                }

                int followers = 0;
                for (int i = slot - 1; i >= 0 && i % 128 != 127 && _free[i] != 0; i--)
                    _free[i] = ++followers;
                _areaIndex[area] = index + count >= _areaSlots ? 0 : index + count;
                _areaUsed[area] += count;
                HighWater = Math.Max(HighWater, Used);
                return slot;
            }

            index = (ulong)index + stride >= (ulong)_areaSlots ? 0 : index + (int)stride;
            seen += stride;
        }

        return null;
    }
}
