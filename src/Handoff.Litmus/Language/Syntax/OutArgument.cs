namespace Handoff.Litmus.Language;

/// <summary><c>&amp;dma</c>: a name that the call fills.</summary>
/// <param name="Name">The name.</param>
public sealed record OutArgument(Name Name) : Argument;
