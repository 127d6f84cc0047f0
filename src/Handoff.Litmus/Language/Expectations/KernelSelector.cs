using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary>Which kernels an <c>expect</c> line is about: <c>linux-6.12</c>, <c>linux-6.5..linux-6.12</c>, <c>linux-6.12+no-bounce</c>, <c>+no-bounce</c>.</summary>
/// <param name="From">The kernel, or the first of a range; <see langword="null"/> for add-ons alone.</param>
/// <param name="To">The last of a range, or <see langword="null"/>.</param>
/// <param name="AddOns">Names after <c>+</c>, without it.</param>
public sealed record KernelSelector(Name? From, Name? To, ImmutableArray<Name> AddOns) : SyntaxNode;
