namespace Handoff.Conformance.Input;

/// <summary>Reads lines as bytes, without a string per line.</summary>
internal sealed class LineReader(Stream stream)
{
    /// <summary>A line longer than this is no line of any file read here.</summary>
    private const int LongestLine = 1 << 20;

    private byte[] _buffer = new byte[1 << 16];
    private int _start, _end;
    private bool _ended;

    /// <summary>Number of the line read last, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Reads the next line without its end; valid until the next call.</summary>
    /// <exception cref="InputException">A line is longer than any real one: the file is not text.</exception>
    public bool Read(out ReadOnlySpan<byte> line)
    {
        int searched = 0;
        while (true)
        {
            int length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                length += searched;
                line = _buffer.AsSpan(_start, length);
                _start += length + 1;
                Number++;
                if (!line.IsEmpty && line[^1] == '\r')
                    line = line[..^1];
                return true;
            }

            searched = _end - _start;
            if (_ended)
            {
                line = _buffer.AsSpan(_start, searched);
                _start = _end;
                if (line.IsEmpty)
                    return false;
                Number++;
                return true;
            }

            Fill();
        }
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_end >= LongestLine)
                throw new InputException($"line {Number + 1}: longer than {LongestLine} bytes; this is not a text file");
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int read = stream.Read(_buffer.AsSpan(_end));
        _ended = read == 0;
        _end += read;
    }
}
