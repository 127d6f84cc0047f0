using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Bundles;

/// <summary>The beginning of a stream, which belongs to it: a hostile file does not end by itself.</summary>
internal sealed class LimitedStream(Stream inner, long most) : ForwardStream(inner)
{
    private readonly Stream _inner = inner;
    private long _left = most;

    /// <summary>Whether there was more.</summary>
    public bool IsCut { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        if (_left == 0)
        {
            IsCut = IsCut || _inner.ReadByte() >= 0;
            return 0;
        }

        int got = _inner.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
        _left -= got;
        return got;
    }
}
