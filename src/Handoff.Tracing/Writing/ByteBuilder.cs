using System.Buffers.Binary;
using System.Text;

namespace Handoff.Tracing.Writing;

/// <summary>Bytes of a file in the making, in its byte order.</summary>
internal sealed class ByteBuilder(bool bigEndian)
{
    private byte[] _bytes = new byte[4096];

    internal int Count { get; private set; }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    internal ByteBuilder U16(int value)
    {
        var to = Room(2);
        if (bigEndian)
            BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)value);
        else
            BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)value);
        return this;
    }

    internal ByteBuilder U32(uint value)
    {
        Put(Room(4), value);
        return this;
    }

    internal ByteBuilder U64(ulong value)
    {
        Put(Room(8), value);
        return this;
    }

    internal ByteBuilder Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        return this;
    }

    /// <summary>Text and a NUL.</summary>
    internal ByteBuilder Text(string text) => Raw(Encoding.UTF8.GetBytes(text)).Raw([0]);

    internal void Clear() => Count = 0;

    internal void Put(Span<byte> to, uint value)
    {
        if (bigEndian)
            BinaryPrimitives.WriteUInt32BigEndian(to, value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(to, value);
    }

    internal void Put(Span<byte> to, ulong value)
    {
        if (bigEndian)
            BinaryPrimitives.WriteUInt64BigEndian(to, value);
        else
            BinaryPrimitives.WriteUInt64LittleEndian(to, value);
    }

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length - Count < bytes)
            Array.Resize(ref _bytes, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(Count + bytes)));
        Count += bytes;
        return _bytes.AsSpan(Count - bytes, bytes);
    }
}
