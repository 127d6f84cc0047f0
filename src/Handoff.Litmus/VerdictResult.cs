using Handoff.Litmus.Language;

namespace Handoff.Litmus;

/// <summary>One verdict and how often it occurs.</summary>
/// <param name="Verdict">The verdict; never <see cref="Verdict.Ok"/>.</param>
/// <param name="Frequency">Over all complete behaviours: always or sometimes.</param>
public sealed record VerdictResult(Verdict Verdict, Frequency Frequency)
{
    /// <summary>For <see cref="Verdict.Fails"/>: the errors that were returned.</summary>
    public IReadOnlyList<Errno> Errors { get; init; } = [];
}
