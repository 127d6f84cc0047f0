namespace Handoff.Litmus.Language;

/// <summary>A number or a mask.</summary>
/// <param name="Value">Its value.</param>
/// <param name="IsBitMask">Whether it was written as <c>DMA_BIT_MASK(n)</c>.</param>
public sealed record NumberArgument(ulong Value, bool IsBitMask = false) : Argument;
