namespace Handoff.Litmus.Language;

/// <summary><c>b.write(1);</c> or <c>r = b[0..4].read();</c>: a CPU access.</summary>
/// <param name="Kind">Read or write.</param>
/// <param name="Place">The buffer, neighbour or allocation, or a part.</param>
public sealed record CpuAccessStatement(AccessKind Kind, Place Place) : Statement
{
    /// <summary>The name that receives what was read, for the story only.</summary>
    public Name? Result { get; init; }

    /// <summary>The view that was asked for; <see langword="null"/>: the buffer's own.</summary>
    public CpuView? View { get; init; }

    /// <summary>The label of what is written, for the story only; <see langword="null"/>: numbered by the checker.</summary>
    public Located<ulong>? Value { get; init; }
}
