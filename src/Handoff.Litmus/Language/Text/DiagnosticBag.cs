using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary>Collects what is wrong in one text, up to a limit.</summary>
internal sealed class DiagnosticBag
{
    private const int Most = 50;

    private readonly List<Diagnostic> _all = [];

    /// <summary>Whether an error was reported.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>Whether no more errors are taken.</summary>
    public bool IsFull => _all.Count >= Most;

    /// <summary>Reports an error; a second one at the same place is dropped, being its consequence.</summary>
    public void Error(string id, SourceSpan span, string message, string? hint = null)
    {
        HasErrors = true;
        if (!IsFull && !_all.Exists(d => d.Span.Start == span.Start))
            _all.Add(new Diagnostic(id, DiagnosticSeverity.Error, span, message, hint));
    }

    /// <summary>Everything, in text order.</summary>
    public ImmutableArray<Diagnostic> ToImmutable() => [.. _all.OrderBy(d => d.Span.Start)];
}
