using System.Collections.Immutable;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>A test with its text, as those need it who change it: blocks of statements, and what is mapped where.</summary>
internal sealed class ProgramText
{
    private readonly Dictionary<Statement, IReadOnlyList<MappedName>> _mapped = new(ReferenceEqualityComparer.Instance);

    public ProgramText(SourceText source, LitmusTest test)
    {
        Source = source;
        Test = test;
        Blocks = [test.Prologue, .. test.Threads.Select(t => t.Body), test.Epilogue];
        var attached = new Dictionary<string, CallStatement>();
        var before = new Dictionary<string, MappedName>();
        Follow(test.Prologue, before, attached);
        var after = new Dictionary<string, MappedName>(before);
        foreach (ThreadDeclaration thread in test.Threads)
        {
            var own = new Dictionary<string, MappedName>(before);
            Follow(thread.Body, own, attached);
            foreach ((string name, MappedName mapped) in own)
                after[name] = mapped;
        }

        Follow(test.Epilogue, after, attached);
    }

    public SourceText Source { get; }

    public LitmusTest Test { get; }

    /// <summary>Statements that follow each other: before the threads, each thread, after them.</summary>
    public ImmutableArray<ImmutableArray<Statement>> Blocks { get; }

    /// <summary>Every mapping that some statement makes, once.</summary>
    public List<MappedName> Mappings { get; } = [];

    /// <summary>Whether statements talk about dma-bufs from user space.</summary>
    public bool UsesIoctl => Test.AllStatements.OfType<CallStatement>().Any(c => c.Function == ApiFunction.Ioctl)
        || !Test.AllStatements.OfType<CallStatement>().Any(c => c.Function is ApiFunction.DmaBufBeginCpuAccess or ApiFunction.DmaBufEndCpuAccess);

    /// <summary>The mappings, live or not, that a statement can name.</summary>
    public IReadOnlyList<MappedName> MappedAt(Statement statement) => _mapped[statement];

    /// <summary>The mapping whose name a call uses, if any.</summary>
    public MappedName? Named(CallStatement call) =>
        call.Handle is { } handle ? MappedAt(call).FirstOrDefault(m => m.Name == handle.Name.Text) : null;

    public int Line(SyntaxNode node) => Source.LineOf(node.Span);

    /// <summary>Lines of several statements: <c>line 9</c>, <c>lines 9 and 12</c>.</summary>
    public string Lines(IEnumerable<SyntaxNode> nodes)
    {
        int[] lines = [.. nodes.Select(Line).Distinct().Order()];
        return lines.Length == 1 ? $"line {lines[0]}" : $"lines {string.Join(", ", lines[..^1])} and {lines[^1]}";
    }

    public static TextEdit Replace(SyntaxNode node, string text) => new(node.Span, text);

    public static TextEdit Replace(SyntaxNode node, CallStatement call) => new(node.Span, LitmusPrinter.Statement(call));

    /// <summary>Takes a statement out, with its line if it stands alone there.</summary>
    public TextEdit Without(SyntaxNode node)
    {
        SourceSpan span = node.Span;
        int start = span.Start, end = span.End;
        while (start > 0 && Source.Text[start - 1] is ' ' or '\t')
            start--;
        while (end < Source.Text.Length && Source.Text[end] is ' ' or '\t' or '\r')
            end++;
        bool alone = (start == 0 || Source.Text[start - 1] == '\n') && end < Source.Text.Length && Source.Text[end] == '\n';
        return new TextEdit(alone ? new SourceSpan(start, end + 1 - start) : span, "");
    }

    public TextEdit Before(SyntaxNode node, string text) => new(new SourceSpan(node.Span.Start, 0), $"{text}\n{Indentation(node)}");

    public TextEdit After(SyntaxNode node, string text) => new(new SourceSpan(node.Span.End, 0), $"\n{Indentation(node)}{text}");

    /// <summary>Accesses of the CPU to one buffer that follow each other directly.</summary>
    public IEnumerable<(ImmutableArray<Statement> Block, int First, int Last, string Memory, bool Reads, bool Writes)> Runs()
    {
        foreach (ImmutableArray<Statement> block in Blocks)
        {
            for (int i = 0; i < block.Length; i++)
            {
                if (block[i] is not CpuAccessStatement first)
                    continue;
                int last = i;
                bool reads = first.Kind == AccessKind.Read, writes = !reads;
                while (last + 1 < block.Length && block[last + 1] is CpuAccessStatement next && next.Place.Name.Text == first.Place.Name.Text)
                {
                    last++;
                    reads |= next.Kind == AccessKind.Read;
                    writes |= next.Kind == AccessKind.Write;
                }

                yield return (block, i, last, first.Place.Name.Text, reads, writes);
                i = last;
            }
        }
    }

    private string Indentation(SyntaxNode node)
    {
        int start = node.Span.Start;
        while (start > 0 && Source.Text[start - 1] is ' ' or '\t')
            start--;
        return start == 0 || Source.Text[start - 1] == '\n' ? Source.Text[start..node.Span.Start] : "";
    }

    private void Follow(ImmutableArray<Statement> block, Dictionary<string, MappedName> mapped, Dictionary<string, CallStatement> attached)
    {
        foreach (Statement statement in block)
        {
            _mapped.Add(statement, [.. mapped.Values.Distinct()]);
            if (statement is not CallStatement call)
                continue;
            if (call.Function == ApiFunction.DmaBufAttach && call.Target is { } tie)
                attached[tie.Text] = call;
            if (MappedName.From(Test, call, attached) is { } made)
            {
                Mappings.Add(made);
                foreach (string name in made.Names)
                    mapped[name] = made;
            }
            else if (call.Handle is { } handle && mapped.TryGetValue(handle.Name.Text, out MappedName? used))
            {
                used.Uses.Add(call);
            }
            else if (call.Signature.Kind == ApiKind.Release && call.Memory is { } memory && mapped.TryGetValue(memory.Name.Text, out MappedName? freed))
            {
                freed.Uses.Add(call);
            }
        }
    }
}
