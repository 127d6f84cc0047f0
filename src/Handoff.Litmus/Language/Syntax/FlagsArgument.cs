using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary>A direction, or attributes or flags joined with <c>|</c>.</summary>
/// <param name="Names">The constants' names.</param>
public sealed record FlagsArgument(ImmutableArray<Name> Names) : Argument;
