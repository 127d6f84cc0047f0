using System.Collections.Immutable;
using Handoff.Litmus.Language;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Lowering;

/// <summary>An atomic step in terms of physical ranges.</summary>
internal sealed class PhysicalStep
{
    public List<MemoryEffect> Effects { get; } = [];

    public List<Precondition> After { get; } = [];

    public List<WindowCheck> Checks { get; } = [];

    public Verdicts Raises { get; set; }

    public required string Text { get; set; }

    public required SourceSpan Span { get; init; }

    public string? Reason { get; set; }

    public AtomicStep ToAtomic(ImmutableArray<Operation> operations) => new()
    {
        Operations = operations,
        After = [.. After],
        Checks = [.. Checks],
        Raises = Raises,
        Text = Text,
        Span = Span,
        Reason = Reason,
    };
}
