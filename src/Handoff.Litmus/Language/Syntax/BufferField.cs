namespace Handoff.Litmus.Language;

/// <summary>A named part of a buffer, used as <c>buffer.field</c>.</summary>
/// <param name="Name">Its name within the buffer.</param>
/// <param name="Start">First byte.</param>
/// <param name="End">First byte after it.</param>
public sealed record BufferField(Name Name, ulong Start, ulong End) : SyntaxNode;
