namespace Handoff.Tracing.Mappings;

/// <summary>When mappings ended lately at an address, and on which processor. A table of fixed size: later ends push out earlier ones.</summary>
internal sealed class EndTrail
{
    private const int Size = 4096;

    private readonly Entry[] _entries = new Entry[Size];
    private int _age = 1;

    private struct Entry
    {
        public int Device; // plus one; 0 for an empty entry
        public int Cpu; // of the last end
        public int Age; // of the trail when it was written
        public ulong Address;
        public ulong Time; // of the last end
        public ulong Elsewhere; // of the last end on another processor than that; 0 if none
    }

    /// <summary>A mapping ended.</summary>
    public void Add(int device, ulong address, int cpu, ulong time)
    {
        ref Entry entry = ref _entries[IndexOf(device, address)];
        if (!Is(entry, device, address))
            entry = new Entry { Device = device + 1, Address = address, Age = _age };
        else if (entry.Cpu != cpu)
            entry.Elsewhere = entry.Time;
        (entry.Cpu, entry.Time) = (cpu, time);
    }

    /// <summary>Whether the last end there was on this processor.</summary>
    public bool WasHere(int device, ulong address, int cpu)
    {
        ref readonly Entry entry = ref _entries[IndexOf(device, address)];
        return Is(entry, device, address) && entry.Cpu == cpu;
    }

    /// <summary>Time of the last end there on another processor; 0 if none is known.</summary>
    public ulong Elsewhere(int device, ulong address, int cpu)
    {
        ref readonly Entry entry = ref _entries[IndexOf(device, address)];
        return !Is(entry, device, address) ? 0 : entry.Cpu == cpu ? entry.Elsewhere : entry.Time;
    }

    public void Forget() => _age++;

    private bool Is(in Entry entry, int device, ulong address) => entry.Device == device + 1 && entry.Address == address && entry.Age == _age;

    private static int IndexOf(int device, ulong address) =>
        (int)((((address >> 6) ^ (address << 20)) + (ulong)device) * 0x9e37_79b9_7f4a_7c15 >> 52);
}
