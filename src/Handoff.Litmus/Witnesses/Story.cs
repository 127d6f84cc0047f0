using Handoff.Litmus.Language;

namespace Handoff.Litmus.Witnesses;

/// <summary>The shortest sequence of events that ends in a verdict.</summary>
/// <param name="Verdict">What it ends in.</param>
/// <param name="Steps">What happens, in order.</param>
public sealed record Story(Verdict Verdict, IReadOnlyList<StoryStep> Steps)
{
    /// <summary>How to take exactly these steps again.</summary>
    internal StoryTrail? Trail { get; init; }
}
