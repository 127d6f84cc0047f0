namespace Handoff.Litmus.Language;

/// <summary>A buffer, neighbour, list, mapping, allocation, attachment or device by name, or a byte range of it.</summary>
/// <remarks>A range of a mapping counts bytes from the mapping's start, over all entries of a list.</remarks>
/// <param name="Name">The thing.</param>
public sealed record Place(Name Name) : SyntaxNode
{
    /// <summary>The field of <c>b.status</c>, or <see langword="null"/>; a range then counts from the field's start.</summary>
    public Name? Field { get; init; }

    /// <summary>First byte of <c>b[16..64]</c> or <c>b+16</c>; <see langword="null"/>: from the start.</summary>
    public Located<ulong>? Start { get; init; }

    /// <summary>First byte after the range; <see langword="null"/>: to the end.</summary>
    public Located<ulong>? End { get; init; }

    /// <summary>Whether only the name was given.</summary>
    public bool IsWhole => Field is null && Start is null && End is null;
}
