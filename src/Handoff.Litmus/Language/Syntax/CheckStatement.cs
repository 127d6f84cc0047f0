namespace Handoff.Litmus.Language;

/// <summary><c>if (…) return;</c>: ends the thread (at top level: the whole test) if an earlier call failed.</summary>
/// <param name="Kind">How the failure is recognised.</param>
/// <param name="Subject">The result that is looked at.</param>
public sealed record CheckStatement(CheckKind Kind, Name Subject) : Statement
{
    /// <summary>The device of <c>dma_mapping_error(dev, dma)</c>.</summary>
    public Name? Device { get; init; }
}
