namespace Handoff.Litmus.Language;

/// <summary>An argument of a call.</summary>
public abstract record Argument : SyntaxNode;
