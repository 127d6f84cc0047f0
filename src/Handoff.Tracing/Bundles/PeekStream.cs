using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Bundles;

/// <summary>A stream that cannot seek, whose first bytes were looked at already.</summary>
internal sealed class PeekStream(Stream inner) : ForwardStream(inner)
{
    private readonly Stream _inner = inner;
    private readonly byte[] _ahead = new byte[16];
    private int _next, _count;

    /// <summary>Copies the next bytes without consuming them; at most 16, fewer at the end.</summary>
    public int Peek(Span<byte> bytes)
    {
        if (_count == 0)
            _count = _inner.ReadAtLeast(_ahead.AsSpan(0, bytes.Length), bytes.Length, throwOnEndOfStream: false);
        _ahead.AsSpan(0, _count).CopyTo(bytes);
        return _count;
    }

    public override int Read(Span<byte> buffer)
    {
        if (_next == _count)
            return _inner.Read(buffer);
        int count = Math.Min(buffer.Length, _count - _next);
        _ahead.AsSpan(_next, count).CopyTo(buffer);
        _next += count;
        return count;
    }
}
