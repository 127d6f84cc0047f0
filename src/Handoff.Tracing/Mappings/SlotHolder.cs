namespace Handoff.Tracing.Mappings;

/// <summary>A device that holds slots at some moment.</summary>
/// <param name="Device">Its name.</param>
/// <param name="Slots">How many slots.</param>
/// <param name="Mappings">Its live streaming mappings then, bounced or not.</param>
public readonly record struct SlotHolder(string Device, long Slots, long Mappings);
