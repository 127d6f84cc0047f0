namespace Handoff.Litmus.Language;

/// <summary>Where a buffer was put.</summary>
/// <param name="Kind">What pins the place.</param>
public sealed record Placement(PlacementKind Kind) : SyntaxNode
{
    /// <summary>The address of <c>above</c>, <c>below</c> and <c>at</c>.</summary>
    public Located<ulong>? Address { get; init; }

    /// <summary>The zone of <c>in DMA32</c>.</summary>
    public Located<MemoryZone>? Zone { get; init; }

    /// <summary>The other buffer of <c>beside b</c>.</summary>
    public Name? Other { get; init; }
}
