namespace Handoff.Tracing.Bundles;

/// <summary>A stream whose reader may take long: somebody is told how far it is, and may end it with an exception.</summary>
/// <param name="inner">The stream; is closed with this one.</param>
/// <param name="told">Told before each read how many bytes were read.</param>
internal sealed class WatchedStream(Stream inner, Action<long> told) : Stream
{
    private const int MostAtOnce = 1 << 20; // bytes between two calls

    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => inner.CanSeek;

    public override bool CanWrite => false;

    public override long Length => inner.Length;

    public override long Position { get => inner.Position; set => inner.Position = value; }

    public override int Read(Span<byte> buffer)
    {
        told(_read);
        int got = inner.Read(buffer[..Math.Min(buffer.Length, MostAtOnce)]);
        _read += got;
        return got;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

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
}
