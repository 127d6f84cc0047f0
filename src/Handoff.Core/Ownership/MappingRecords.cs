using System.Runtime.CompilerServices;

namespace Handoff.Ownership;

/// <summary>The live mappings, by device and DMA address; several may share both.</summary>
/// <remarks>One hash table whose chains run through the records themselves: finding, adding and removing touch a bucket and the record.</remarks>
internal sealed class MappingRecords
{
    private const int LargestKept = 1 << 14; // buckets of an empty table

    private MappingRecord[] _records = new MappingRecord[64];
    private int[] _buckets = new int[64]; // a power of two: one more than the number of the newest record of the chain, 0 for none
    private int _shift = 64 - 6; // what of a hash is left is the bucket
    private int _used; // records ever handed out
    private int _free = -1;

    /// <summary>Live mappings.</summary>
    public int Count { get; private set; }

    /// <summary>A record by its number. The reference is good until the next <see cref="Add"/>.</summary>
    public ref MappingRecord this[int index] => ref _records[index];

    /// <summary>The newest mapping of a device at an address; -1 if there is none.</summary>
    public int First(int device, ulong address) => Find(_buckets[BucketOf(device, address)] - 1, device, address);

    /// <summary>The mapping before another one of the same device and address; -1 if there is none.</summary>
    public int Next(int index)
    {
        ref readonly MappingRecord r = ref _records[index];
        return r.Next < 0 ? -1 : Find(r.Next, r.Device, r.Address);
    }

    /// <summary>A number for a new mapping, whose record the caller fills before <see cref="Add"/>.</summary>
    public int Take()
    {
        if (_free >= 0)
        {
            int index = _free;
            _free = _records[index].Next;
            return index;
        }

        if (_used == _records.Length)
            Array.Resize(ref _records, _used * 2);
        return _used++;
    }

    /// <summary>Makes a filled record the newest of its device and address.</summary>
    public void Add(int index)
    {
        if (++Count > _buckets.Length)
            Grow();
        ref MappingRecord r = ref _records[index];
        ref int head = ref _buckets[BucketOf(r.Device, r.Address)];
        r.Next = head - 1;
        head = index + 1;
    }

    /// <summary>Forgets a mapping; its number may be given out again.</summary>
    public void Remove(int index)
    {
        ref MappingRecord r = ref _records[index];
        ref int head = ref _buckets[BucketOf(r.Device, r.Address)];
        if (head == index + 1)
        {
            head = r.Next + 1;
        }
        else
        {
            int before = head - 1;
            while (_records[before].Next != index)
                before = _records[before].Next;
            _records[before].Next = r.Next;
        }

        r.Mapping.Device = -1;
        r.Next = _free;
        _free = index;
        Count--;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        if (_buckets.Length > LargestKept)
            (_buckets, _shift, _records) = (new int[64], 64 - 6, new MappingRecord[64]); // to clear it again and again would take long
        else if (Count > 0)
            Array.Clear(_buckets);
        (_used, _free, Count) = (0, -1, 0);
    }

    /// <summary>The numbers of all live mappings.</summary>
    public IEnumerable<int> Numbers()
    {
        for (int index = 0; index < _used; index++)
        {
            if (_records[index].Device >= 0)
                yield return index;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Find(int index, int device, ulong address)
    {
        while (index >= 0)
        {
            ref readonly MappingRecord r = ref _records[index];
            if (r.Address == address && r.Device == device)
                return index;
            index = r.Next;
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int BucketOf(int device, ulong address) => (int)((((address >> 6) ^ (address << 20)) + (ulong)device) * 0x9e37_79b9_7f4a_7c15 >> _shift);

    /// <summary>Twice as many buckets. What shares device and address stays in its order.</summary>
    private void Grow()
    {
        int[] old = _buckets;
        _buckets = new int[old.Length * 2];
        _shift--;
        foreach (int head in old)
        {
            int reversed = -1; // the oldest first, for adding puts the newest in front
            for (int index = head - 1; index >= 0;)
            {
                int next = _records[index].Next;
                _records[index].Next = reversed;
                reversed = index;
                index = next;
            }

            for (int index = reversed; index >= 0;)
            {
                ref MappingRecord r = ref _records[index];
                int next = r.Next;
                ref int bucket = ref _buckets[BucketOf(r.Device, r.Address)];
                r.Next = bucket - 1;
                bucket = index + 1;
                index = next;
            }
        }
    }
}
