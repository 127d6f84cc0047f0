using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary>A source text with its name and its lines.</summary>
public sealed class SourceText
{
    private readonly ImmutableArray<int> _lineStarts; // ascending; the first is 0

    /// <summary>Takes a text.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="path">The name that diagnostics print, usually a file path.</param>
    public SourceText(string text, string path = "<text>")
    {
        Text = text;
        Path = path;
        var starts = ImmutableArray.CreateBuilder<int>();
        starts.Add(0);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n')
                starts.Add(i + 1);
        }

        _lineStarts = starts.ToImmutable();
    }

    /// <summary>The whole text.</summary>
    public string Text { get; }

    /// <summary>The name that diagnostics print.</summary>
    public string Path { get; }

    /// <summary>Number of lines, at least 1.</summary>
    public int LineCount => _lineStarts.Length;

    /// <summary>Line and column of an offset.</summary>
    public SourcePosition PositionOf(int offset)
    {
        offset = Math.Clamp(offset, 0, Text.Length);
        int line = _lineStarts.BinarySearch(offset);
        if (line < 0)
            line = ~line - 1;
        return new SourcePosition(line + 1, offset - _lineStarts[line] + 1);
    }

    /// <summary>Line number, from 1, of a node's first character.</summary>
    public int LineOf(SourceSpan span) => PositionOf(span.Start).Line;

    /// <summary>The text of a line, without its end.</summary>
    /// <param name="line">Line number from 1.</param>
    public string LineText(int line)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(line, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(line, LineCount);
        int start = _lineStarts[line - 1];
        int end = line < LineCount ? _lineStarts[line] : Text.Length;
        return Text[start..end].TrimEnd('\r', '\n');
    }

    /// <summary>The characters of a span.</summary>
    public string this[SourceSpan span]
    {
        get
        {
            int start = Math.Clamp(span.Start, 0, Text.Length);
            return Text[start..Math.Clamp(span.End, start, Text.Length)];
        }
    }
}
