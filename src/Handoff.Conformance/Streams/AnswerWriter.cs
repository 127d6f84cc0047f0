using System.Buffers.Text;

namespace Handoff.Conformance.Streams;

/// <summary>Writes answer lines as bytes.</summary>
internal sealed class AnswerWriter(Stream output)
{
    private const int LongestAnswer = 256;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _length;

    /// <summary>Appends text of a fixed form.</summary>
    public AnswerWriter Text(ReadOnlySpan<byte> text)
    {
        if (_length > _buffer.Length - LongestAnswer)
            Flush();
        text.CopyTo(_buffer.AsSpan(_length));
        _length += text.Length;
        return this;
    }

    /// <summary>Appends a decimal number.</summary>
    public AnswerWriter Decimal(ulong value)
    {
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_length), out int written);
        _length += written;
        return this;
    }

    /// <summary>Appends a hexadecimal number.</summary>
    public AnswerWriter Hex(ulong value)
    {
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_length), out int written, 'x');
        _length += written;
        return this;
    }

    /// <summary>Passes on what is pending.</summary>
    public void Flush()
    {
        output.Write(_buffer, 0, _length);
        _length = 0;
        output.Flush();
    }
}
