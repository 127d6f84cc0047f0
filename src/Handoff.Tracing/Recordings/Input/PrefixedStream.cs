namespace Handoff.Tracing.Recordings.Input;

/// <summary>A stream whose first bytes were already taken to look at them.</summary>
internal sealed class PrefixedStream(byte[] prefix, int count, Stream rest, bool leaveOpen) : ForwardStream(rest, leaveOpen)
{
    private readonly Stream _rest = rest;
    private int _given;

    public override int Read(Span<byte> buffer)
    {
        if (_given == count)
            return _rest.Read(buffer);
        var n = Math.Min(buffer.Length, count - _given);
        prefix.AsSpan(_given, n).CopyTo(buffer);
        _given += n;
        return n;
    }
}
