namespace Handoff.Tracing.Recordings.Input;

/// <summary>A stream whose first bytes were already taken to look at them.</summary>
internal sealed class PrefixedStream(byte[] prefix, int count, Stream rest, bool leaveOpen) : Stream
{
    private int _given;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (_given == count)
            return rest.Read(buffer);
        var n = Math.Min(buffer.Length, count - _given);
        prefix.AsSpan(_given, n).CopyTo(buffer);
        _given += n;
        return n;
    }

    public override int Read(byte[] buffer, int offset, int length) => Read(buffer.AsSpan(offset, length));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int length) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !leaveOpen)
            rest.Dispose();
        base.Dispose(disposing);
    }
}
