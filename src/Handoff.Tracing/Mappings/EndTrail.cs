namespace Handoff.Tracing.Mappings;

/// <summary>When mappings ended lately at an address, and on which processor. A table of fixed size: later ends push out earlier ones.</summary>
internal sealed class EndTrail
{
    private const int Size = 4096;

    private const int Newest = 1024; // a power of two

    private readonly Entry[] _entries = new Entry[Size];
    private int _age = 1;
    private readonly (int Device, int Cpu, ulong Address, ulong Size, ulong Time)[] _newest = new (int, int, ulong, ulong, ulong)[Newest]; // a ring
    private long _next, _forgotten; // how many ends there were; how many of them count no more

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
    public void Add(int device, ulong address, ulong size, int cpu, ulong time)
    {
        _newest[_next++ & (Newest - 1)] = (device, cpu, address, size, time);
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

    /// <summary>Whether a mapping around an address ended on another processor after a time, as far as the latest ends tell.</summary>
    public bool AroundElsewhere(int device, ulong address, int cpu, ulong after)
    {
        for (long at = _next - 1; at >= Math.Max(_forgotten, _next - Newest); at--)
        {
            ref readonly (int Device, int Cpu, ulong Address, ulong Size, ulong Time) end = ref _newest[at & (Newest - 1)];
            if (end.Device == device && end.Cpu != cpu && end.Time >= after && address - end.Address < end.Size)
                return true;
        }

        return false;
    }

    public void Forget()
    {
        _age++;
        _forgotten = _next;
    }

    private bool Is(in Entry entry, int device, ulong address) => entry.Device == device + 1 && entry.Address == address && entry.Age == _age;

    private static int IndexOf(int device, ulong address) =>
        (int)((((address >> 6) ^ (address << 20)) + (ulong)device) * 0x9e37_79b9_7f4a_7c15 >> 52);
}
