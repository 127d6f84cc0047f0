using System.Runtime.InteropServices;

namespace Handoff.Cli.Terminal;

/// <summary>Standard input that Ctrl-C ends even while nobody writes into it.</summary>
/// <param name="inner">The input.</param>
/// <param name="cancelled">Set by Ctrl-C.</param>
internal sealed class InterruptibleInput(Stream inner, CancellationToken cancelled) : Stream
{
    private const int Interrupted = 4; // EINTR: the signal of Ctrl-C itself ends a wait
    private const int Patience = 100; // milliseconds between looks at the token

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        int ready;
        while ((ready = Descriptor.Wait(0, Descriptor.HasBytes, Patience)) == 0 || (ready < 0 && Marshal.GetLastPInvokeError() == Interrupted))
        {
            if (cancelled.IsCancellationRequested)
                throw new UserErrorException(ExitCode.Inconclusive, "interrupted while waiting for standard input");
        }

        return inner.Read(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is written.
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
