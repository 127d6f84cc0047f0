using System.Globalization;
using System.Text.RegularExpressions;

namespace Handoff.Cli.Tests.Formats;

/// <summary>
/// A reader of KTAP 1 and TAP 14, written from their descriptions alone: it accepts a document only if every plan is kept, every number follows the one
/// before, and nested results agree with the result of the test that contains them.
/// </summary>
internal sealed partial class KtapParser
{
    private readonly Queue<string> _lines;
    private readonly bool _ktap;

    private KtapParser(Queue<string> lines, bool ktap)
    {
        _lines = lines;
        _ktap = ktap;
    }

    /// <summary>One result.</summary>
    internal sealed record Result(bool Ok, string Name, string Directive, List<string> Diagnostics, List<Result> Nested);

    /// <summary>Reads a whole document.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static List<Result> Parse(string text)
    {
        if (!text.EndsWith('\n'))
            throw new FormatException("the last line has no end");
        var lines = new Queue<string>(text[..^1].Split('\n'));
        string first = lines.Dequeue();
        bool ktap = first == "KTAP version 1";
        if (!ktap && first != "TAP version 14")
            throw new FormatException($"no version line: {first}");
        var parser = new KtapParser(lines, ktap);
        var results = parser.Document(0);
        while (lines.TryDequeue(out string? rest))
        {
            if (!rest.StartsWith('#'))
                throw new FormatException($"after the end: {rest}");
        }

        return results;
    }

    private List<Result> Document(int depth)
    {
        string indent = new(' ', 4 * depth);
        while (_lines.Peek().StartsWith(indent + "#", StringComparison.Ordinal))
            _lines.Dequeue();
        string plan = _lines.Dequeue();
        if (!plan.StartsWith(indent + "1..", StringComparison.Ordinal))
            throw new FormatException($"no plan: {plan}");
        int count = int.Parse(plan[(indent.Length + 3)..], NumberStyles.None, CultureInfo.InvariantCulture);
        var results = new List<Result>();
        while (results.Count < count)
            results.Add(Test(depth, indent, results.Count + 1));
        return results;
    }

    private Result Test(int depth, string indent, int number)
    {
        var diagnostics = new List<string>();
        List<Result> nested = [];
        for (; ; )
        {
            if (!_lines.TryPeek(out string? line))
                throw new FormatException("the document ends before its plan");
            if (line.StartsWith(indent + "    ", StringComparison.Ordinal))
            {
                if (_ktap && _lines.Dequeue() != indent + "    KTAP version 1")
                    throw new FormatException($"no version line of nested tests: {line}");
                nested = Document(depth + 1);
                continue;
            }

            _lines.Dequeue();
            if (line.StartsWith(indent + "# ", StringComparison.Ordinal))
            {
                diagnostics.Add(line[(indent.Length + 2)..]);
                continue;
            }

            var match = line.StartsWith(indent, StringComparison.Ordinal) ? ResultLine().Match(line[indent.Length..]) : Match.Empty;
            if (!match.Success)
                throw new FormatException($"no result: {line}");
            if (int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture) != number)
                throw new FormatException($"number {number} expected: {line}");
            bool ok = match.Groups["ok"].Value == "ok";
            if (nested.Count > 0 && ok != nested.All(each => each.Ok))
                throw new FormatException($"nested results say otherwise: {line}");
            if (!_ktap)
            {
                while (_lines.TryPeek(out string? after) && after.StartsWith(indent + "# ", StringComparison.Ordinal) && !after.StartsWith(indent + "# Subtest: ", StringComparison.Ordinal))
                    diagnostics.Add(_lines.Dequeue()[(indent.Length + 2)..]);
            }

            return new Result(ok, match.Groups["name"].Value, match.Groups["directive"].Value, diagnostics, nested);
        }
    }

    [GeneratedRegex(@"^(?<ok>ok|not ok) (?<number>[0-9]+)( -)? (?<name>([^#\\]|\\.)*?)( # (?<directive>(SKIP|TODO|XFAIL|TIMEOUT|ERROR)\b.*))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex ResultLine();
}
