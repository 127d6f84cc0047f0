using System.Runtime.InteropServices;

namespace Handoff.Cli.Terminal;

/// <summary>Standard input, a pipe or a device that Ctrl-C ends even while nobody writes into it.</summary>
/// <param name="inner">The input.</param>
/// <param name="cancelled">Set by Ctrl-C.</param>
/// <param name="descriptor">Its file descriptor.</param>
/// <param name="name">Its name for messages.</param>
internal sealed class InterruptibleInput(Stream inner, CancellationToken cancelled, int descriptor = 0, string name = "standard input") : Stream
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
        while ((ready = Descriptor.Wait(descriptor, Descriptor.HasBytes, Patience)) == 0 || (ready < 0 && Marshal.GetLastPInvokeError() == Interrupted))
        {
            if (cancelled.IsCancellationRequested)
                throw Gone(name);
        }

        return inner.Read(buffer);
    }

    /// <summary>What is said when nobody wants to wait any longer.</summary>
    internal static UserErrorException Gone(string name) => new(ExitCode.Inconclusive, $"interrupted while waiting for {name}");

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
