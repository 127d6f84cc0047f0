using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

internal sealed partial class TestParser
{
    private Expectation? Expect()
    {
        Token first = Take();
        var verdicts = ImmutableArray.CreateBuilder<ExpectedVerdict>();
        do
        {
            if (ExpectedVerdict() is not { } verdict)
                return null;
            if (verdicts.Any(v => v.Verdict == verdict.Verdict))
                _diagnostics.Error(DiagnosticIds.GivenTwice, verdict.Span, $"'{Words.For(Words.Verdicts, verdict.Verdict)}' is expected twice");
            verdicts.Add(verdict);
        }
        while (TakeSign(","));
        if (verdicts.Count > 1 && verdicts.FirstOrDefault(v => v.Verdict == Verdict.Ok) is { } ok)
            _diagnostics.Error(DiagnosticIds.Contradiction, ok.Span, "'ok' means that nothing else is found, so it stands alone");

        var kernels = ImmutableArray.CreateBuilder<KernelSelector>();
        if (TakeWord("on"))
        {
            do
            {
                if (Kernel() is not { } kernel)
                    return null;
                kernels.Add(kernel);
            }
            while (TakeSign(","));
        }

        var conditions = ImmutableArray.CreateBuilder<Located<MachineCondition>>();
        if (TakeWord("when"))
        {
            do
            {
                if (Word(Words.Conditions, "a condition") is not { } condition)
                    return null;
                conditions.Add(condition);
            }
            while (TakeWord("and") || TakeSign(","));
        }

        if (!Current.IsSign(";") && Current.Kind == TokenKind.Word && !StartsLine(Current.Span.Start))
        {
            Unexpected("'on', 'when' or ';'", ["on", "when", "always", "sometimes", "never"]);
            return null;
        }

        return NeedSemicolon() ? new Expectation(verdicts.ToImmutable(), kernels.ToImmutable(), conditions.ToImmutable()) { Span = From(first) } : null;
    }

    private ExpectedVerdict? ExpectedVerdict()
    {
        Token first = Current;
        if (Word(Words.Verdicts, "a verdict") is not { } verdict)
            return null;
        Located<Errno>? error = null;
        if (Current.IsSign("-"))
        {
            Token minus = Take();
            if (Word(Words.Errors, "an error number") is not { } number)
                return null;
            error = number with { Span = From(minus) };
            if (verdict.Value != Verdict.Fails)
                _diagnostics.Error(DiagnosticIds.Contradiction, error.Span, "only 'fails' has an error number");
        }

        Located<Frequency>? frequency = null;
        if (Current.Kind == TokenKind.Word && Words.Frequencies.TryGetValue(Current.Text, out Frequency known))
        {
            frequency = new Located<Frequency>(known) { Span = Take().Span };
            if (verdict.Value == Verdict.Ok)
                _diagnostics.Error(DiagnosticIds.Contradiction, frequency.Span, "'ok' is about every behaviour and takes no frequency");
        }

        return new ExpectedVerdict(verdict.Value) { Error = error, Frequency = frequency, Span = From(first) };
    }

    private KernelSelector? Kernel()
    {
        Token first = Current;
        Name? from = null, to = null;
        if (!Current.IsSign("+"))
        {
            from = KernelName("a kernel's name such as linux-6.12");
            if (from is null)
                return null;
            if (TakeSign(".."))
            {
                to = KernelName("the last kernel of the range");
                if (to is null)
                    return null;
            }
        }

        var addOns = ImmutableArray.CreateBuilder<Name>();
        while (TakeSign("+"))
        {
            if (KernelName("the name of an add-on such as no-bounce") is not { } addOn)
                return null;
            addOns.Add(addOn);
        }

        if (to is not null && addOns.Count > 0)
            _diagnostics.Error(DiagnosticIds.Contradiction, addOns[0].Span, "a range of kernels takes no add-ons", "name the kernels one by one");
        return new KernelSelector(from, to, addOns.ToImmutable()) { Span = From(first) };
    }

    // Kernels and machines are called such as linux-6.12.117: a run of letters, digits, '-', '_' and single dots, whatever tokens it was cut into.
    private Name? KernelName(string what)
    {
        int start = Current.Span.Start, end = start;
        while (end < _text.Length && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] is '-' or '_'
            || (_text[end] == '.' && end + 1 < _text.Length && char.IsAsciiLetterOrDigit(_text[end + 1]))))
        {
            end++;
        }

        if (end == start || !char.IsAsciiLetterOrDigit(_text[start]))
        {
            Unexpected(what);
            return null;
        }

        while (Current.Kind != TokenKind.End && Current.Span.Start < end)
            _at++;
        return new Name(_text[start..end]) { Span = new SourceSpan(start, end - start) };
    }
}
