namespace Handoff.Cli.Terminal;

/// <summary>A standard output that may be closed, full or gone: the first failure is remembered, and what follows it goes nowhere.</summary>
/// <remarks>The console's own streams below end quietly when the reader of a pipe has gone: that is no failure.</remarks>
internal sealed class StandardStream(Stream inner) : Stream
{
    /// <summary>What went wrong, or <see langword="null"/>.</summary>
    public string? Failure { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (Failure is not null)
            return;
        try
        {
            inner.Write(buffer);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Failure = (problem.InnerException ?? problem).Message;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // The console's streams hold nothing back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
