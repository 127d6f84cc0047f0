using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Handoff.Reports.Dump;

/// <summary>Collects bytes for a stream. Made for millions of short lines: room is reserved once a line, after which nothing is checked.</summary>
/// <param name="output">Where full buffers go.</param>
internal sealed class Utf8Sink(Stream output)
{
    private const int FlushAt = 128 << 10;

    private byte[] _buffer = new byte[FlushAt + (64 << 10)];
    private int _count; // <= _reserved
    private int _reserved; // <= _buffer.Length; writing beyond it would be a bug of a writer

    /// <summary>Ends a line: passes the buffer on when it is full, and makes room for <paramref name="bytes"/> more.</summary>
    public void Reserve(int bytes)
    {
        if (_count >= FlushAt)
            Flush();
        if (_buffer.Length - _count < bytes + 16)
            Array.Resize(ref _buffer, (int)BitOperations.RoundUpToPowerOf2((uint)(_count + bytes + 16)));
        _reserved = _count + bytes;
    }

    /// <summary>Passes everything on.</summary>
    public void Flush()
    {
        if (_count > _reserved)
            throw new InvalidOperationException("A line is longer than its writer said.");
        output.Write(_buffer, 0, _count);
        _count = 0;
        _reserved = 0;
    }

    /// <summary>Writes bytes as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_count));
        _count += bytes.Length;
    }

    /// <summary>Writes one byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Byte(byte value) => _buffer[_count++] = value;

    /// <summary>Writes blanks.</summary>
    public void Blanks(int count)
    {
        if (count <= 0)
            return;
        _buffer.AsSpan(_count, count).Fill((byte)' ');
        _count += count;
    }

    /// <summary>Writes lower-case hexadecimal digits, no more than needed.</summary>
    public void Hex(ulong value)
    {
        int digits = (67 - BitOperations.LeadingZeroCount(value | 1)) >> 2;
        // Eight digits at once, the first wanted one in front; what follows the wanted ones is overwritten later (Reserve keeps room).
        ulong aligned = value << ((16 - digits) * 4);
        var to = _buffer.AsSpan(_count, 16);
        BinaryPrimitives.WriteUInt64BigEndian(to, EightDigits((uint)(aligned >> 32)));
        if (digits > 8)
            BinaryPrimitives.WriteUInt64BigEndian(to[8..], EightDigits((uint)aligned));
        _count += digits;
    }

    // Spreads eight nibbles over eight bytes and makes digits of all of them together.
    private static ulong EightDigits(uint value)
    {
        ulong x = value;
        x = (x | (x << 16)) & 0x0000_ffff_0000_ffff;
        x = (x | (x << 8)) & 0x00ff_00ff_00ff_00ff;
        x = (x | (x << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
        ulong letters = ((x + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101; // 1 where the nibble is above 9
        return x + 0x3030_3030_3030_3030 + (letters * ('a' - '0' - 10));
    }

    /// <summary>Writes a decimal number.</summary>
    public void Decimal(ulong value)
    {
        if (value < 10)
        {
            _buffer[_count++] = (byte)('0' + value);
            return;
        }

        int digits = value < 100 ? 2 : value < 1000 ? 3 : value < 10_000 ? 4 : value < 100_000 ? 5 : FormattingLength(value);
        var to = _buffer.AsSpan(_count, digits);
        _count += digits;
        int at = digits;
        while (value >= 100)
        {
            ulong rest = value / 100;
            at -= 2;
            Pair(to, at, (int)(value - (rest * 100)));
            value = rest;
        }

        if (at == 2)
            Pair(to, 0, (int)value);
        else
            to[0] = (byte)('0' + value);
    }

    private static int FormattingLength(ulong value)
    {
        int digits = 5;
        for (ulong limit = 100_000; value >= limit && digits < 20; limit = limit > ulong.MaxValue / 10 ? ulong.MaxValue : limit * 10)
            digits++;
        return digits;
    }

    /// <summary>Writes a decimal number that may be negative.</summary>
    public void Decimal(int value)
    {
        if (value < 0)
            Byte((byte)'-');
        Decimal((ulong)Math.Abs((long)value));
    }

    /// <summary>Writes exactly nine decimal digits.</summary>
    public void Nine(uint value)
    {
        var at = _buffer.AsSpan(_count, 9);
        uint top = value / 10_000_000, rest = value % 10_000_000;
        Pair(at, 0, (int)top);
        uint high = rest / 1000, low = rest % 1000;
        Pair(at, 2, (int)(high / 100));
        Pair(at, 4, (int)(high % 100));
        at[6] = (byte)('0' + (low / 100));
        Pair(at, 7, (int)(low % 100));
        _count += 9;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(Span<byte> to, int at, int value)
    {
        // Two digits without a table: 103/1024 is near enough to 1/10 below 100.
        int tens = (value * 103) >> 10;
        to[at] = (byte)('0' + tens);
        to[at + 1] = (byte)('0' + value - (tens * 10));
    }
}
