namespace Handoff.Litmus.Language;

/// <summary>A name or a range of it.</summary>
/// <param name="Place">What is named.</param>
public sealed record PlaceArgument(Place Place) : Argument;
