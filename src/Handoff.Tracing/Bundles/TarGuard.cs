namespace Handoff.Tracing.Bundles;

/// <summary>
/// A tar as a stream that ends with an error before an entry that only describes the next one (a long name, extended attributes), and is longer than any
/// such description: readers of archives hold it in memory as a whole.
/// </summary>
/// <param name="inner">The tar, at its beginning; is closed with this one.</param>
internal sealed class TarGuard(Stream inner) : Stream
{
    /// <summary>Bytes of the longest description: paths have 4 KiB, extended attributes rarely 64.</summary>
    internal const int LongestDescription = 1 << 20;

    private const int Block = 512, TypeAt = 156, SizeAt = 124, SumAt = 148, FieldEnd = 12;
    private readonly byte[] _block = new byte[Block];
    private long _at; // position of the next byte

    public override bool CanRead => true;

    public override bool CanSeek => inner.CanSeek;

    public override bool CanWrite => false;

    public override long Length => inner.Length;

    public override long Position { get => _at; set => inner.Position = _at = value; }

    /// <exception cref="InvalidDataException">A description follows that is too long.</exception>
    public override int Read(Span<byte> buffer)
    {
        int got = inner.Read(buffer);
        for (ReadOnlySpan<byte> rest = buffer[..got]; !rest.IsEmpty;)
        {
            int from = (int)(_at % Block), count = Math.Min(Block - from, rest.Length);
            if (count == Block)
            {
                Check(rest[..Block]);
            }
            else
            {
                rest[..count].CopyTo(_block.AsSpan(from));
                if (from + count == Block)
                    Check(_block);
            }

            _at += count;
            rest = rest[count..];
        }

        return got;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => _at = inner.Seek(offset, origin);

    public override void Flush()
    {
        // Nothing is written.
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private static void Check(ReadOnlySpan<byte> block)
    {
        if (block[TypeAt] is (byte)'x' or (byte)'g' or (byte)'L' or (byte)'K' && IsHeader(block) && SizeOf(block.Slice(SizeAt, FieldEnd)) > LongestDescription)
            throw new InvalidDataException($"a file's name or its attributes are longer than {LongestDescription >> 20} MiB");
    }

    // Data may look like anything, but hardly like a header with the right sum.
    private static bool IsHeader(ReadOnlySpan<byte> block)
    {
        int sum = 8 * ' ';
        for (int i = 0; i < Block; i++)
            sum += i is >= SumAt and < TypeAt ? 0 : block[i];
        return SizeOf(block[SumAt..TypeAt]) == (ulong)sum;
    }

    /// <summary>A number in octal digits, or, with the highest bit set, in bytes.</summary>
    private static ulong SizeOf(ReadOnlySpan<byte> field)
    {
        ulong value = 0;
        if (field[0] >= 0x80)
        {
            foreach (byte part in field[1..])
                value = value > ulong.MaxValue >> 8 ? ulong.MaxValue : (value << 8) | part;
            return value;
        }

        foreach (byte sign in field.TrimStart((byte)' '))
        {
            if (sign is < (byte)'0' or > (byte)'7')
                break;
            value = (value << 3) | (uint)(sign - '0');
        }

        return value;
    }
}
