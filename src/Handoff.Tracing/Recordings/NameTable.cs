using System.Buffers.Binary;
using System.Text;

namespace Handoff.Tracing.Recordings;

/// <summary>Names seen so far, each with a small number that stays the same. Number 0 is the empty name.</summary>
/// <remarks>While one thread reads a recording, others may look up the names of events that they were given.</remarks>
public sealed class NameTable
{
    /// <summary>More different names than any machine has; further ones share the number 0.</summary>
    private const int MaximumNames = 1 << 20;

    /// <summary>Longer names than kernels have are cut, so that a damaged recording cannot fill memory with them; markers' text is no name.</summary>
    private const int LongestName = 256;
    private const long MaximumBytes = 64 << 20;

    private const int RecentNames = 16;

    private string[] _names = new string[64]; // [id] = the name; complete before _count says so
    private int _count = 1;
    private long _total; // bytes of all names
    private readonly Recent[] _recent = new Recent[RecentNames]; // by the end of the text, where names of devices differ

    /// <summary>A text of 8 to 32 bytes as words: its first eight bytes and its last eight, and those next to them if there are more than 16.</summary>
    private struct Recent
    {
        public int Length; // 0 for none
        public int Id;
        public ulong First, Second, LastButOne, Last;
    }

    private byte[][] _bytes = new byte[64][]; // [id] = the name's bytes, 0 < id < _count
    private int[] _slots = new int[256]; // open addressing, power of two, at most half full; 0 = free

    internal NameTable() => (_names[0], _bytes[0]) = ("", []);

    /// <summary>How many names there are, the empty one included.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The name with a number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number was never given out.</exception>
    public string this[int id]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)Count, nameof(id));
            return _names[id];
        }
    }

    /// <summary>The name with a number as it is in the recording: usually UTF-8, but nothing guarantees it.</summary>
    /// <exception cref="IndexOutOfRangeException">The number was never given out.</exception>
    public ReadOnlySpan<byte> Bytes(int id) => _bytes[id];

    /// <summary>Finds a name's number, or -1.</summary>
    public int IndexOf(string name) => Array.IndexOf(_names, name, 0, Count);

    internal int Intern(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return 0;
        if (name.Length > LongestName)
            name = name[..LongestName];
        var slots = _slots;
        var mask = slots.Length - 1;
        var slot = (int)Hash(name) & mask;
        while (true)
        {
            var id = slots[slot];
            if (id == 0)
                return Add(name, slot);
            if (name.SequenceEqual(_bytes[id]))
                return id;
            slot = (slot + 1) & mask;
        }
    }

    /// <summary>Finds a name as a record holds it: usually with one NUL, at its end.</summary>
    internal int InternTerminated(ReadOnlySpan<byte> text)
    {
        const int word = sizeof(ulong);
        if (text.Length is < word or > 4 * word)
            return InternSlowly(text);
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(text), last = BinaryPrimitives.ReadUInt64LittleEndian(text[^word..]), second = 0, lastButOne = 0;
        if (text.Length > 2 * word)
        {
            second = BinaryPrimitives.ReadUInt64LittleEndian(text[word..]);
            lastButOne = BinaryPrimitives.ReadUInt64LittleEndian(text[^(2 * word)..]);
        }

        ref Recent recent = ref _recent[last * 0x9e3779b97f4a7c15 >> 60];
        if (recent.Last != last || recent.First != first || recent.Second != second || recent.LastButOne != lastButOne || recent.Length != text.Length)
            recent = new Recent { Length = text.Length, Id = InternSlowly(text), First = first, Second = second, LastButOne = lastButOne, Last = last };
        return recent.Id;
    }

    private int InternSlowly(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)0);
        return Intern(end < 0 ? text : text[..end]);
    }

    internal int Intern(string name) => Intern(Encoding.UTF8.GetBytes(name));

    private static uint Hash(ReadOnlySpan<byte> name)
    {
        ulong hash = (uint)name.Length;
        while (name.Length >= 8)
        {
            hash = (hash ^ BitConverter.ToUInt64(name)) * 0x9e3779b97f4a7c15;
            hash ^= hash >> 29;
            name = name[8..];
        }

        foreach (var b in name)
            hash = (hash ^ b) * 0x9e3779b97f4a7c15;
        return (uint)(hash >> 32);
    }

    private int Add(ReadOnlySpan<byte> name, int slot)
    {
        var id = _count;
        if (id >= MaximumNames || _total + name.Length > MaximumBytes)
            return 0;
        _total += name.Length;
        if (id == _bytes.Length)
        {
            Array.Resize(ref _bytes, id * 2);
            Array.Resize(ref _names, id * 2);
        }

        _bytes[id] = name.ToArray();
        _names[id] = Encoding.UTF8.GetString(name).Replace('\n', '?').Replace('\r', '?'); // it stands in the middle of lines
        Volatile.Write(ref _count, id + 1);
        _slots[slot] = id;
        if (_count * 2 > _slots.Length)
            Rehash();
        return id;
    }

    private void Rehash()
    {
        var slots = new int[_slots.Length * 2];
        for (var id = 1; id < _count; id++)
        {
            var slot = (int)Hash(_bytes[id]) & (slots.Length - 1);
            while (slots[slot] != 0)
                slot = (slot + 1) & (slots.Length - 1);
            slots[slot] = id;
        }

        _slots = slots;
    }
}
