using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Handoff.Tracing.Bundles;

/// <summary>The lines of a file of facts. Longer ones than any such file has are left out: a hostile file may be one line.</summary>
internal sealed class FactText(TextReader text) : TextReader
{
    /// <summary>Characters of the longest line: device trees have tables in one line.</summary>
    internal const int LongestLine = 1 << 16;

    private readonly char[] _buffer = new char[1 << 14];
    private readonly StringBuilder _line = new();
    private int _next, _count;

    /// <summary>Lines that were left out.</summary>
    public int LeftOut { get; private set; }

    public override string? ReadLine()
    {
        _line.Clear();
        bool any = false, tooLong = false;
        while (_next < _count || Fill())
        {
            any = true;
            ReadOnlySpan<char> rest = _buffer.AsSpan(_next.._count);
            int end = rest.IndexOf('\n');
            ReadOnlySpan<char> piece = end < 0 ? rest : rest[..end];
            tooLong |= _line.Length + piece.Length > LongestLine;
            if (!tooLong)
                _line.Append(piece);
            _next += piece.Length + (end < 0 ? 0 : 1);
            if (end < 0)
                continue;
            if (!tooLong)
                break;
            LeftOut++;
            _line.Clear();
            any = tooLong = false;
        }

        if (tooLong)
        {
            LeftOut++;
            return null;
        }

        if (_line is [.., '\r'])
            _line.Length--;
        return any ? _line.ToString() : null;
    }

    [SuppressMessage("Usage", "CA2215", Justification = "The text belongs to who gave it.")]
    protected override void Dispose(bool disposing)
    {
    }

    private bool Fill()
    {
        (_next, _count) = (0, text.Read(_buffer, 0, _buffer.Length));
        return _count > 0;
    }
}
