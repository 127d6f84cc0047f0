using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary>Reads a test top down. The grammar does not nest, so neither does this: hostile text cannot exhaust the stack.</summary>
/// <remarks>Methods that read something give <see langword="null"/> after they reported why they could not; the caller then skips to the next statement.</remarks>
internal sealed partial class TestParser
{
    private const int MostStatements = 10_000;

    private static readonly string[] s_topWords = ["litmus", "machine", "device", "buffer", "sglist", "thread", "expect", "if", "signal", "wait"];

    private readonly string _text;
    private readonly List<Token> _tokens; // the last is End
    private readonly DiagnosticBag _diagnostics;
    private readonly HashSet<string> _devices = [];
    private int _at; // index of the current token, never past End
    private int _statements;

    public TestParser(string text, DiagnosticBag diagnostics)
    {
        _text = text;
        _diagnostics = diagnostics;
        _tokens = Lexer.Tokens(text, diagnostics);
    }

    private Token Current => _tokens[_at];

    private Token Ahead => _tokens[Math.Min(_at + 1, _tokens.Count - 1)];

    public LitmusTest Parse()
    {
        Located<string> title = Header();
        MachineDeclaration? machine = null;
        var devices = ImmutableArray.CreateBuilder<DeviceDeclaration>();
        var buffers = ImmutableArray.CreateBuilder<BufferDeclaration>();
        var lists = ImmutableArray.CreateBuilder<ListDeclaration>();
        var threads = ImmutableArray.CreateBuilder<ThreadDeclaration>();
        var prologue = ImmutableArray.CreateBuilder<Statement>();
        var epilogue = ImmutableArray.CreateBuilder<Statement>();
        var expectations = ImmutableArray.CreateBuilder<Expectation>();

        while (Current.Kind != TokenKind.End && !_diagnostics.IsFull)
        {
            int before = _at;
            bool good = true;
            if (Current.IsWord("machine") && Ahead.IsSign("{"))
            {
                Token word = Current;
                MachineDeclaration? read = Machine();
                if (machine is not null)
                    _diagnostics.Error(DiagnosticIds.GivenTwice, word.Span, "a test has one machine", "merge the two blocks");
                machine ??= read;
                good = read is not null;
            }
            else if (Current.IsWord("device") && Ahead.Kind == TokenKind.Word)
            {
                good = Add(devices, Device());
            }
            else if (Current.IsWord("buffer") && Ahead.Kind == TokenKind.Word)
            {
                good = Add(buffers, Buffer());
            }
            else if (Current.IsWord("sglist") && Ahead.Kind == TokenKind.Word)
            {
                good = Add(lists, List());
            }
            else if (Current.IsWord("thread") && Ahead.Kind == TokenKind.Word)
            {
                if (epilogue.Count > 0)
                    _diagnostics.Error(DiagnosticIds.Unexpected, Current.Span, "a thread cannot follow statements that already wait for all threads", "move it up, beside the other threads");
                good = Add(threads, Thread());
            }
            else if (Current.IsWord("expect"))
            {
                good = Add(expectations, Expect());
            }
            else if (!TooManyStatements())
            {
                good = Add(threads.Count == 0 ? prologue : epilogue, Statement());
            }

            if (!good)
                Recover();
            if (_at == before)
                _at = Math.Min(_at + 1, _tokens.Count - 1);
        }

        return new LitmusTest(
            title,
            machine,
            devices.ToImmutable(),
            buffers.ToImmutable(),
            lists.ToImmutable(),
            prologue.ToImmutable(),
            threads.ToImmutable(),
            epilogue.ToImmutable(),
            expectations.ToImmutable())
        {
            Span = new SourceSpan(0, _text.Length),
        };
    }

    private Located<string> Header()
    {
        if (!Current.IsWord("litmus"))
        {
            Unexpected("'litmus \"title\"' at the start of the test");
            return new Located<string>("");
        }

        _at++;
        Token title = Current;
        if (title.Kind != TokenKind.String)
        {
            Unexpected("a title in double quotes");
            if (!StartsLine(title.Span.Start))
                Take();
            return new Located<string>("");
        }

        _at++;
        TakeSign(";");
        return new Located<string>(title.Text) { Span = title.Span };
    }

    private ThreadDeclaration? Thread()
    {
        Token first = Take();
        if (DeclaredName() is not { } name || !NeedSign("{"))
            return null;
        var body = ImmutableArray.CreateBuilder<Statement>();
        while (!Current.IsSign("}") && Current.Kind != TokenKind.End && !_diagnostics.IsFull)
        {
            int before = _at;
            if (TooManyStatements())
                return null;
            if (Current.Kind == TokenKind.Word && Current.Text is "thread" or "expect" or "device" or "buffer" or "machine" or "sglist"
                && (Ahead.Kind == TokenKind.Word || Ahead.IsSign("{")))
            {
                Unexpected($"a statement or the '}}' of thread '{name.Text}'");
                return null;
            }

            if (!Add(body, Statement()))
                Recover();
            if (_at == before)
                _at = Math.Min(_at + 1, _tokens.Count - 1);
        }

        return NeedSign("}") ? new ThreadDeclaration(name, body.ToImmutable()) { Span = From(first) } : null;
    }

    private bool TooManyStatements()
    {
        if (++_statements <= MostStatements)
            return false;
        _diagnostics.Error(DiagnosticIds.TooMuch, Current.Span, $"a test may have {MostStatements} statements");
        _at = _tokens.Count - 1;
        return true;
    }

    // Goes behind the next ';', or to a '}' or a word that starts something at the beginning of a line.
    private void Recover()
    {
        while (Current.Kind != TokenKind.End)
        {
            if (Current.IsSign(";"))
            {
                _at++;
                return;
            }

            if (Current.IsSign("}"))
                return;
            if (Current.Kind == TokenKind.Word && StartsLine(Current.Span.Start) && (s_topWords.Contains(Current.Text) || Ahead.IsSign("=") || Ahead.IsSign("(")))
                return;
            _at++;
        }
    }

    private bool StartsLine(int offset)
    {
        if (_at > 0 && _tokens[_at - 1].Span.End is var end)
            return _text.AsSpan(end, offset - end).Contains('\n');
        return true;
    }

    private static bool Add<T>(ImmutableArray<T>.Builder list, T? item)
        where T : class
    {
        if (item is not null)
            list.Add(item);
        return item is not null;
    }

    private Token Take()
    {
        Token token = Current;
        if (token.Kind != TokenKind.End)
            _at++;
        return token;
    }

    private bool TakeSign(string sign)
    {
        if (!Current.IsSign(sign))
            return false;
        _at++;
        return true;
    }

    private bool TakeWord(string word)
    {
        if (!Current.IsWord(word))
            return false;
        _at++;
        return true;
    }

    private bool NeedSign(string sign)
    {
        if (TakeSign(sign))
            return true;
        Unexpected($"'{sign}'");
        return false;
    }

    // A missing ';' is reported right behind the statement, where it belongs.
    private bool NeedSemicolon()
    {
        if (TakeSign(";"))
            return true;
        if (Current.Kind != TokenKind.Bad && _at > 0 && (StartsLine(Current.Span.Start) || Current.Kind == TokenKind.End))
        {
            _diagnostics.Error(DiagnosticIds.Unexpected, new SourceSpan(_tokens[_at - 1].Span.End, 0), "a ';' is missing here");
            return true;
        }

        Unexpected("';'");
        return false;
    }

    private bool NeedWord(string word)
    {
        if (TakeWord(word))
            return true;
        Unexpected($"'{word}'", [word]);
        return false;
    }

    private void Unexpected(string wanted, IEnumerable<string>? words = null)
    {
        Token token = Current;
        if (token.Kind == TokenKind.Bad)
        {
            _diagnostics.Error(token.Text.Contains("not end", StringComparison.Ordinal) ? DiagnosticIds.Unterminated : DiagnosticIds.BadToken, token.Span, token.Text);
            return;
        }

        string? hint = token.Kind == TokenKind.Word && words is not null ? NearestName.Hint(token.Text, words) : null;
        _diagnostics.Error(DiagnosticIds.Unexpected, token.Span, $"expected {wanted}, found {token.Shown}", hint);
    }

    private void UnknownWord(string what, IReadOnlyCollection<string> known)
    {
        Token token = Current;
        if (token.Kind != TokenKind.Word)
        {
            Unexpected(what);
            return;
        }

        string hint = NearestName.Hint(token.Text, known) ?? "known: " + string.Join(", ", known);
        _diagnostics.Error(DiagnosticIds.UnknownWord, token.Span, $"{token.Shown} is not {what}", hint);
    }

    private Name? DeclaredName()
    {
        if (Current.Kind != TokenKind.Word)
        {
            Unexpected("a name");
            return null;
        }

        Token token = Take();
        if (ApiConstants.IsConstantName(token.Text))
        {
            _diagnostics.Error(DiagnosticIds.ReservedName, token.Span, $"{token.Shown} cannot be declared: it has the form of a kernel constant");
            return null;
        }

        if (ApiSignature.ByName(token.Text) is not null || s_topWords.Contains(token.Text))
        {
            _diagnostics.Error(DiagnosticIds.ReservedName, token.Span, $"{token.Shown} cannot be declared: it is a word of the language");
            return null;
        }

        return new Name(token.Text) { Span = token.Span };
    }

    private Name? UsedName(string what)
    {
        if (Current.Kind != TokenKind.Word)
        {
            Unexpected(what);
            return null;
        }

        Token token = Take();
        return new Name(token.Text) { Span = token.Span };
    }

    private Located<ulong>? Number(string what, ulong least = 0, ulong most = ulong.MaxValue)
    {
        if (Current.Kind != TokenKind.Number)
        {
            Unexpected(what);
            return null;
        }

        Token token = Take();
        if (token.Value < least || token.Value > most)
        {
            string message = token.Value < least
                ? $"{what} of {token.Text} is too small; at least {NumberText.Size(least)}"
                : $"{what} of {token.Text} is too large; at most {NumberText.Size(most)}";
            _diagnostics.Error(DiagnosticIds.OutOfRange, token.Span, message);
        }

        return new Located<ulong>(token.Value) { Span = token.Span };
    }

    private SourceSpan From(Token first) => SourceSpan.Between(first.Span, _tokens[Math.Max(0, _at - 1)].Span);
}
