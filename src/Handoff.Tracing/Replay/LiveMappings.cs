namespace Handoff.Tracing.Replay;

/// <summary>The live mappings of a recording, found by DMA address or (lists) by first physical address. Numbers are used again.</summary>
internal sealed class LiveMappings
{
    private const int PageShift = 12;

    /// <summary>A sync that does not name a mapping's start is looked for in so many pages before it.</summary>
    private const int PagesBefore = 64;

    /// <summary>Mappings in one page, the newest first, that a release or sync is compared with. No driver has so many at once.</summary>
    private const int MostCompared = 256;

    private RecordedMapping[] _items = new RecordedMapping[256];
    private int[] _byDma = NewTable(512);
    private int[] _byPhysical = NewTable(512);
    private readonly Stack<int> _free = [];

    /// <summary>Numbers given out so far are below this.</summary>
    public int Indexes { get; private set; }

    /// <summary>How many are live.</summary>
    public int Count { get; private set; }

    public ref RecordedMapping this[int index] => ref _items[index];

    /// <summary>Adds a mapping; it can be found by its DMA address if it has one.</summary>
    public int Add(in RecordedMapping mapping)
    {
        if (!_free.TryPop(out int index))
        {
            index = Indexes++;
            if (index == _items.Length)
                Array.Resize(ref _items, index * 2);
        }

        if (++Count > _byDma.Length / 2)
            Grow();
        _items[index] = mapping;
        _items[index].NextEntry = -1;
        if (mapping.HasDma)
            Link(index);
        return index;
    }

    /// <summary>Makes a list that begins with a mapping findable by physical address.</summary>
    public void AddList(int first, int entries)
    {
        ref RecordedMapping head = ref _items[first];
        head.Entries = entries;
        LinkList(first);
    }

    /// <summary>Takes a mapping out; its number is free from now on.</summary>
    public void Remove(int index)
    {
        ref RecordedMapping mapping = ref _items[index];
        if (mapping.HasDma)
            Unlink(index);
        if (mapping.Entries != 0)
        {
            if (mapping.NextByPhysical >= 0)
                _items[mapping.NextByPhysical].BeforeByPhysical = mapping.BeforeByPhysical;
            if (mapping.BeforeByPhysical >= 0)
                _items[mapping.BeforeByPhysical].NextByPhysical = mapping.NextByPhysical;
            else
                _byPhysical[Hash(mapping.Device, mapping.Physical >> PageShift) & (_byPhysical.Length - 1)] = mapping.NextByPhysical;
        }

        Count--;
        mapping = default;
        _free.Push(index);
    }

    /// <summary>The oldest mapping (no list entry) that begins at an address; one of the same size and direction if there is one. -1 if none.</summary>
    public int Find(int device, ulong dma, ulong size, DmaDirection direction)
    {
        int alike = -1, any = -1, left = MostCompared;
        for (int at = Head(device, dma >> PageShift); at >= 0 && left > 0; at = _items[at].NextByDma, left--)
        {
            ref RecordedMapping mapping = ref _items[at];
            if (mapping.Dma != dma || mapping.Device != device || mapping.InList)
                continue;
            if (mapping.Size == size && mapping.Direction == direction)
                alike = OlderOf(alike, at);
            any = OlderOf(any, at);
        }

        return alike >= 0 ? alike : any;
    }

    /// <summary>A mapping (list entries too) that covers a range; -1 if none. One that begins there comes first.</summary>
    public int FindCovering(int device, ulong dma, ulong size)
    {
        int found = -1, left = MostCompared;
        ulong page = dma >> PageShift;
        for (int back = 0; back <= PagesBefore && left > 0; back++)
        {
            for (int at = Head(device, page); at >= 0 && left > 0; at = _items[at].NextByDma, left--)
            {
                ref RecordedMapping mapping = ref _items[at];
                if (mapping.Device != device || dma < mapping.Dma || dma - mapping.Dma > mapping.Size || mapping.Size - (dma - mapping.Dma) < size || mapping.EndedEarly)
                    continue;
                if (mapping.Dma == dma && mapping.Size == size)
                    return at;
                if (found < 0 || mapping.Dma == dma)
                    found = at;
            }

            if (found >= 0 || page-- == 0)
                return found;
        }

        return -1;
    }

    /// <summary>The oldest list that begins with a physical address; one with as many entries if there is one. -1 if none.</summary>
    public int FindList(int device, ulong physical, int entries)
    {
        int alike = -1, any = -1, left = MostCompared;
        for (int at = _byPhysical[Hash(device, physical >> PageShift) & (_byPhysical.Length - 1)]; at >= 0 && left > 0; at = _items[at].NextByPhysical, left--)
        {
            ref RecordedMapping mapping = ref _items[at];
            if (mapping.Physical != physical || mapping.Device != device)
                continue;
            if (mapping.Entries == entries)
                alike = OlderOf(alike, at);
            any = OlderOf(any, at);
        }

        return alike >= 0 ? alike : any;
    }

    private int OlderOf(int one, int other) => one < 0 || _items[other].Time <= _items[one].Time ? other : one;

    private int Head(int device, ulong page) => _byDma[Hash(device, page) & (_byDma.Length - 1)];

    private void Link(int index)
    {
        ref RecordedMapping mapping = ref _items[index];
        ref int at = ref _byDma[Hash(mapping.Device, mapping.Dma >> PageShift) & (_byDma.Length - 1)];
        (mapping.NextByDma, mapping.BeforeByDma) = (at, -1);
        if (at >= 0)
            _items[at].BeforeByDma = index;
        at = index;
    }

    private void LinkList(int index)
    {
        ref RecordedMapping head = ref _items[index];
        ref int at = ref _byPhysical[Hash(head.Device, head.Physical >> PageShift) & (_byPhysical.Length - 1)];
        (head.NextByPhysical, head.BeforeByPhysical) = (at, -1);
        if (at >= 0)
            _items[at].BeforeByPhysical = index;
        at = index;
    }

    private void Unlink(int index)
    {
        ref RecordedMapping mapping = ref _items[index];
        if (mapping.NextByDma >= 0)
            _items[mapping.NextByDma].BeforeByDma = mapping.BeforeByDma;
        if (mapping.BeforeByDma >= 0)
            _items[mapping.BeforeByDma].NextByDma = mapping.NextByDma;
        else
            _byDma[Hash(mapping.Device, mapping.Dma >> PageShift) & (_byDma.Length - 1)] = mapping.NextByDma;
    }

    private void Grow()
    {
        int[] old = _byPhysical;
        _byDma = NewTable(_byDma.Length * 2);
        _byPhysical = NewTable(_byPhysical.Length * 2);
        foreach (int head in old)
        {
            for (int at = head; at >= 0;)
            {
                int next = _items[at].NextByPhysical;
                LinkList(at);
                at = next;
            }
        }

        // A free number has no DMA address.
        for (int index = 0; index < Indexes; index++)
        {
            if (_items[index].HasDma)
                Link(index);
        }
    }

    private static int[] NewTable(int size)
    {
        int[] table = new int[size];
        Array.Fill(table, -1);
        return table;
    }

    private static int Hash(int device, ulong page)
    {
        ulong mixed = (page ^ ((ulong)(uint)device << 44)) * 0x9e37_79b9_7f4a_7c15;
        return (int)(mixed >> 33);
    }
}
