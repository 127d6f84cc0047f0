using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary><c>thread name { … }</c>: statements that run concurrently with those of other threads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Body">Its statements in order.</param>
public sealed record ThreadDeclaration(Name Name, ImmutableArray<Statement> Body) : SyntaxNode;
