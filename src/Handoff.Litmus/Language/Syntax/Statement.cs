namespace Handoff.Litmus.Language;

/// <summary>Something that a thread does.</summary>
public abstract record Statement : SyntaxNode;
