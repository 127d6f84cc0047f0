using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

internal sealed partial class TestParser
{
    private static readonly string[] s_methods =
        ["read", "write", "read_wc", "write_wc", "read_uncached", "write_uncached", "read_cached", "write_cached", "start_read", "start_write", "wait"];

    private Statement? Statement()
    {
        Token first = Current;
        if (first.Kind != TokenKind.Word)
        {
            Unexpected("a declaration or a statement");
            return null;
        }

        if (first.Text == "if" && Ahead.IsSign("("))
            return Check();
        if (first.Text is "signal" or "wait" && Ahead.IsSign("("))
            return Event();
        if (Ahead.IsSign("("))
            return Call(null, first);
        if (Ahead.IsSign("="))
        {
            if (DeclaredName() is not { } target)
                return null;
            _at++;
            if (Current.Kind == TokenKind.Word && Ahead.IsSign("("))
                return Call(target, first);
            return Access(target, first);
        }

        if (Ahead.IsSign(".") || Ahead.IsSign("["))
            return Access(null, first);
        if (Ahead.Kind == TokenKind.Word)
        {
            UnknownWord("a declaration or a statement", s_topWords);
            return null;
        }

        _at++;
        Unexpected($"'=', '.' or '(' after {first.Shown}");
        return null;
    }

    private CallStatement? Call(Name? target, Token first)
    {
        Token function = Take();
        ApiSignature? signature = ApiSignature.ByName(function.Text);
        if (signature is null)
        {
            string? hint = NearestName.Hint(function.Text, ApiSignature.All.Select(s => s.Name));
            _diagnostics.Error(DiagnosticIds.UnknownFunction, function.Span, $"there is no function {function.Shown}", hint);
        }

        _at++; // the '(' that brought us here
        ImmutableArray<Argument>.Builder arguments = ImmutableArray.CreateBuilder<Argument>();
        while (!Current.IsSign(")"))
        {
            if (arguments.Count > 0 && !NeedSign(","))
                return null;
            if (Argument() is not { } argument)
                return null;
            arguments.Add(argument);
            if (arguments.Count > ApiSignature.MaxArguments - 1)
            {
                _diagnostics.Error(DiagnosticIds.WrongArguments, argument.Span, "no function takes that many arguments");
                return null;
            }
        }

        if (!NeedSign(")") || !NeedSemicolon())
            return null;
        if (signature is null)
            return null;
        return new CallStatement(target, signature.Function, arguments.ToImmutable())
        {
            FunctionName = new Name(function.Text) { Span = function.Span },
            Span = From(first),
        };
    }

    private Argument? Argument()
    {
        Token first = Current;
        if (first.Kind == TokenKind.Number)
        {
            _at++;
            return new NumberArgument(first.Value) { Span = first.Span };
        }

        if (TakeSign("&"))
            return DeclaredName() is { } name ? new OutArgument(name) { Span = From(first) } : null;
        if (first.Kind != TokenKind.Word)
        {
            Unexpected("an argument");
            return null;
        }

        if (first.Text == "DMA_BIT_MASK")
        {
            _at++;
            if (!NeedSign("(") || Number("a number of bits", 0, 64) is not { } bits || !NeedSign(")"))
                return null;
            return new NumberArgument(DmaMask.Bits((int)Math.Min(bits.Value, 64)), IsBitMask: true) { Span = From(first) };
        }

        if (!ApiConstants.IsConstantName(first.Text))
            return Place() is { } place ? new PlaceArgument(place) { Span = place.Span } : null;

        var names = ImmutableArray.CreateBuilder<Name>();
        do
        {
            if (UsedName("a constant") is not { } name)
                return null;
            names.Add(name);
        }
        while (TakeSign("|"));
        return new FlagsArgument(names.ToImmutable()) { Span = From(first) };
    }

    private Place? Place()
    {
        Token first = Current;
        if (UsedName("a name") is not { } name)
            return null;
        Name? field = null;
        if (Current.IsSign(".") && Ahead.Kind == TokenKind.Word && !s_methods.Contains(Ahead.Text))
        {
            Token word = _tokens[_at + 1];

            // "b.wriet(1)" is a misspelt access, not a field.
            if (_tokens[Math.Min(_at + 2, _tokens.Count - 1)].IsSign("("))
                return new Place(name) { Span = first.Span };
            field = new Name(word.Text) { Span = word.Span };
            _at += 2;
        }

        Located<ulong>? start = null, end = null;
        if (TakeSign("["))
        {
            start = Number("the first byte of a range");
            if (start is null || !NeedSign(".."))
                return null;
            if (Current.Kind == TokenKind.Number)
                end = Number("the end of a range");
            if (!NeedSign("]"))
                return null;
        }
        else if (TakeSign("+"))
        {
            start = Number("an offset");
            if (start is null)
                return null;
        }

        return new Place(name) { Field = field, Start = start, End = end, Span = From(first) };
    }

    private Statement? Access(Name? target, Token first)
    {
        if (Place() is not { } place || !NeedSign("."))
            return null;
        if (Current.Kind != TokenKind.Word || !s_methods.Contains(Current.Text))
        {
            UnknownWord("an access", s_methods);
            return null;
        }

        Token method = Take();
        if (!NeedSign("("))
            return null;
        bool byDevice = _devices.Contains(place.Name.Text) || method.Text is "wait" or "start_read" or "start_write" || Current.Kind == TokenKind.Word;
        return byDevice ? DeviceAccess(target, place, method, first) : CpuAccess(target, place, method, first);
    }

    private Statement? DeviceAccess(Name? target, Place place, Token method, Token first)
    {
        Name device = place.Name;
        if (!place.IsWhole)
            _diagnostics.Error(DiagnosticIds.WrongKind, place.Span, "a device has no parts", "put the range on the mapping: camera.read(dma[0..64])");
        if (target is not null)
            _diagnostics.Error(DiagnosticIds.NoResult, target.Span, "what a device does gives no result");
        if (method.Text == "wait")
            return NeedSign(")") && NeedSemicolon() ? new DeviceWaitStatement(device) { Span = From(first) } : null;
        if (method.Text is not ("read" or "write" or "start_read" or "start_write"))
        {
            _diagnostics.Error(DiagnosticIds.WrongKind, method.Span, "a device has no CPU view", "use read, write, start_read or start_write");
            return null;
        }

        if (Current.Kind != TokenKind.Word)
        {
            Unexpected("the mapping that the device accesses");
            return null;
        }

        if (Place() is not { } handle)
            return null;
        bool write = method.Text.EndsWith("write", StringComparison.Ordinal);
        Located<ulong>? value = null;
        if (TakeSign(","))
        {
            Token at = Current;
            value = Number("a number as label");
            if (value is null)
                return null;
            if (!write)
                _diagnostics.Error(DiagnosticIds.WrongArguments, at.Span, "a read takes no value");
        }

        if (!NeedSign(")") || !NeedSemicolon())
            return null;
        return new DeviceAccessStatement(device, write ? AccessKind.Write : AccessKind.Read, handle)
        {
            Asynchronous = method.Text.StartsWith("start_", StringComparison.Ordinal),
            Value = value,
            Span = From(first),
        };
    }

    private CpuAccessStatement? CpuAccess(Name? target, Place place, Token method, Token first)
    {
        bool write = method.Text.StartsWith("write", StringComparison.Ordinal);
        Located<ulong>? value = null;
        if (!Current.IsSign(")"))
        {
            Token at = Current;
            value = Number("a number as label, or ')'");
            if (value is null)
                return null;
            if (!write)
                _diagnostics.Error(DiagnosticIds.WrongArguments, at.Span, "a read takes no value");
        }

        if (target is not null && write)
            _diagnostics.Error(DiagnosticIds.NoResult, target.Span, "a write gives no result");
        if (!NeedSign(")") || !NeedSemicolon())
            return null;
        return new CpuAccessStatement(write ? AccessKind.Write : AccessKind.Read, place)
        {
            Result = target,
            Value = value,
            View = method.Text switch
            {
                "read_wc" or "write_wc" => CpuView.WriteCombine,
                "read_uncached" or "write_uncached" => CpuView.Uncached,
                "read_cached" or "write_cached" => CpuView.Cached,
                _ => null,
            },
            Span = From(first),
        };
    }

    private Statement? Event()
    {
        Token first = Take();
        _at++;
        if (UsedName("the name of an event") is not { } name || !NeedSign(")") || !NeedSemicolon())
            return null;
        return first.Text == "signal" ? new SignalStatement(name) { Span = From(first) } : new WaitStatement(name) { Span = From(first) };
    }

    private CheckStatement? Check()
    {
        Token first = Take();
        _at++;
        CheckKind kind;
        Name? device = null, subject;
        if (Current.Kind == TokenKind.Word && Ahead.IsSign("("))
        {
            Token function = Take();
            _at++;
            if (function.Text == "dma_mapping_error")
            {
                kind = CheckKind.MappingError;
                device = UsedName("a device");
                if (device is null || !NeedSign(","))
                    return null;
            }
            else if (function.Text == "IS_ERR")
            {
                kind = CheckKind.IsErr;
            }
            else
            {
                _diagnostics.Error(DiagnosticIds.UnknownFunction, function.Span, $"{function.Shown} is not a check", NearestName.Hint(function.Text, ["dma_mapping_error", "IS_ERR"]));
                return null;
            }

            subject = UsedName("the result of a call");
            if (subject is null || !NeedSign(")"))
                return null;
        }
        else
        {
            kind = TakeSign("!") ? CheckKind.IsZero : CheckKind.IsNonZero;
            subject = UsedName("the result of a call");
            if (subject is null)
                return null;
            if (kind == CheckKind.IsNonZero && TakeSign("<"))
            {
                kind = CheckKind.IsNegative;
                if (Number("0", 0, 0) is null)
                    return null;
            }
        }

        if (!NeedSign(")"))
            return null;
        bool braces = TakeSign("{");
        if (!NeedWord("return") || !NeedSemicolon() || (braces && !NeedSign("}")))
            return null;
        return new CheckStatement(kind, subject) { Device = device, Span = From(first) };
    }
}
