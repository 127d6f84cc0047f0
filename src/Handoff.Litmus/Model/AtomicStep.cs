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

    /// <summary>Line of the statement in the test, from 1; 0 if there is none.</summary>
    public int SourceLine { get; init; }

    /// <summary>Whether the step starts a statement or a part of it that a story should show even without memory effect.</summary>
    public bool Shown { get; init; } = true;
}
