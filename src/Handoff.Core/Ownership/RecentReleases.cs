namespace Handoff.Ownership;

/// <summary>Addresses that were released lately, so that a second release can be told from one of an address nobody ever mapped.</summary>
/// <remarks>A table of fixed size: later releases push out earlier ones.</remarks>
internal sealed class RecentReleases
{
    private const int Size = 4096;

    private readonly Entry[] _entries = new Entry[Size];
    private int _age = 1;

    private struct Entry
    {
        public int Device; // plus one; 0 for an empty entry
        public int Age; // of the table when it was written
        public ulong Address;
        public ulong Size;
        public long Time;
    }

    public void Add(int device, ulong address, ulong size, long time)
    {
        _entries[IndexOf(device, address)] = new Entry { Device = device + 1, Age = _age, Address = address, Size = size, Time = time };
    }

    /// <summary>Forgets all, at no cost: a recording may lose events as often as it has any.</summary>
    public void Clear() => _age++;

    public bool Find(int device, ulong address, out ulong size, out long time)
    {
        ref readonly Entry entry = ref _entries[IndexOf(device, address)];
        (size, time) = (entry.Size, entry.Time);
        return entry.Device == device + 1 && entry.Address == address && entry.Age == _age;
    }

    private static int IndexOf(int device, ulong address) =>
        (int)((((address >> 6) ^ (address << 20)) + (ulong)device) * 0x9e37_79b9_7f4a_7c15 >> 52);
}
