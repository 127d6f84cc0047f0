using System.Collections.Immutable;

namespace Handoff.Litmus.Witnesses;

/// <summary>What is needed to take the steps of a story again.</summary>
/// <param name="Choices">The order in which threads call the mapping layer.</param>
/// <param name="Cells">The group of cells that the story is about.</param>
/// <param name="Events">The events.</param>
internal sealed record StoryTrail(ImmutableArray<int> Choices, ImmutableArray<int> Cells, ImmutableArray<WitnessEvent> Events);
