namespace Handoff.Litmus.Language;

/// <summary>Memory right beside a buffer that belongs to somebody else; a name for CPU accesses only.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Before">Whether it ends where the buffer starts; otherwise it starts where the buffer ends.</param>
public sealed record Neighbour(Name Name, Located<ulong> Size, bool Before) : SyntaxNode;
