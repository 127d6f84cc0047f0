using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Handoff.Kernels;

/// <summary>Kernels read from text, or what is wrong with the text.</summary>
/// <param name="Profiles">The kernels, in the order written; ranges from old to new. Empty if there is an error.</param>
/// <param name="Error">One sentence with the nearest known name, or <see langword="null"/>.</param>
public sealed record ParsedKernels(ImmutableArray<KernelProfile> Profiles, string? Error)
{
    /// <summary>The only kernel, or the first of several; <see langword="null"/> if there is an error.</summary>
    public KernelProfile? Profile => Profiles.IsDefaultOrEmpty ? null : Profiles[0];

    /// <summary>Whether the text was understood.</summary>
    [MemberNotNullWhen(true, nameof(Profile))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Error is null;

    internal static ParsedKernels Failed(string error) => new([], error);
}
