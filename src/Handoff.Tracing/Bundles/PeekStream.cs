namespace Handoff.Tracing.Bundles;

/// <summary>A stream that cannot seek, whose first bytes were looked at already.</summary>
internal sealed class PeekStream(Stream inner) : Stream
{
    private readonly byte[] _ahead = new byte[16];
    private int _next, _count;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Copies the next bytes without consuming them; at most 16, fewer at the end.</summary>
    public int Peek(Span<byte> bytes)
    {
        if (_count == 0)
            _count = inner.ReadAtLeast(_ahead.AsSpan(0, bytes.Length), bytes.Length, throwOnEndOfStream: false);
        _ahead.AsSpan(0, _count).CopyTo(bytes);
        return _count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_next == _count)
            return inner.Read(buffer);
        int count = Math.Min(buffer.Length, _count - _next);
        _ahead.AsSpan(_next, count).CopyTo(buffer);
        _next += count;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
