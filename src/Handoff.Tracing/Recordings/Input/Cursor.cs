using System.Buffers.Binary;
using System.Text;

namespace Handoff.Tracing.Recordings.Input;

/// <summary>Walks forward through bytes in memory. Past the end every read gives zero or nothing and <see cref="Failed"/> is set.</summary>
internal ref struct Cursor(ReadOnlySpan<byte> bytes, bool bigEndian)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    internal int Position { get; private set; }

    internal bool Failed { get; private set; }

    internal readonly int Remaining => _bytes.Length - Position;

    internal ushort U16()
    {
        var b = Take(2);
        return b.IsEmpty ? (ushort)0 : bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(b) : BinaryPrimitives.ReadUInt16LittleEndian(b);
    }

    internal uint U32()
    {
        var b = Take(4);
        return b.IsEmpty ? 0 : bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(b) : BinaryPrimitives.ReadUInt32LittleEndian(b);
    }

    internal ulong U64()
    {
        var b = Take(8);
        return b.IsEmpty ? 0 : bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(b) : BinaryPrimitives.ReadUInt64LittleEndian(b);
    }

    internal byte U8()
    {
        var b = Take(1);
        return b.IsEmpty ? (byte)0 : b[0];
    }

    /// <summary>Takes <paramref name="count"/> bytes, or nothing (and fails) when there are fewer.</summary>
    internal ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)Remaining)
        {
            Failed = true;
            Position = _bytes.Length;
            return default;
        }

        var taken = _bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    /// <summary>Takes a NUL-terminated string.</summary>
    internal string Text()
    {
        var rest = _bytes[Position..];
        var end = rest.IndexOf((byte)0);
        if (end < 0)
        {
            Failed = true;
            Position = _bytes.Length;
            return "";
        }

        Position += end + 1;
        return Encoding.UTF8.GetString(rest[..end]);
    }
}
