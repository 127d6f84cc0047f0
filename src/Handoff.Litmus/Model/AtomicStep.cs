using System.Collections.Immutable;

namespace Handoff.Litmus.Model;

/// <summary>Something an agent does at once; between two of them other agents and the cache may act.</summary>
internal sealed record AtomicStep
{
    /// <summary>What it does to memory, in order. Empty for signals, waits and bookkeeping.</summary>
    public ImmutableArray<Operation> Operations { get; init; } = [];

    /// <summary>What must have happened before.</summary>
    public ImmutableArray<Precondition> After { get; init; } = [];

    /// <summary>Verdicts that depend on the progress of other agents.</summary>
    public ImmutableArray<WindowCheck> Checks { get; init; } = [];

    /// <summary>Verdicts that the step always raises.</summary>
    public Verdicts Raises { get; init; }

    /// <summary>What a story says about it.</summary>
    public string Text { get; init; } = "";

    /// <summary>The statement that it is a part of.</summary>
    public Language.SourceSpan Span { get; init; }

    /// <summary>Why the kernel bounced or refused here, if it did.</summary>
    public string? Reason { get; init; }
}
