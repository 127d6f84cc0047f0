using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary><c>sglist l = { a, b[0..96] };</c>: a scatterlist with one entry per place.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Entries">The entries in order.</param>
public sealed record ListDeclaration(Name Name, ImmutableArray<Place> Entries) : SyntaxNode;
