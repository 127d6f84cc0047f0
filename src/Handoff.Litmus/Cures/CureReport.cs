namespace Handoff.Litmus.Cures;

/// <summary>What trying changes gave.</summary>
/// <param name="Cures">Changes that help, the simplest first.</param>
/// <param name="Tried">How many changes were tried.</param>
/// <param name="Complete">Whether every change was tried that one would try; otherwise a bound ended it.</param>
public sealed record CureReport(IReadOnlyList<Cure> Cures, int Tried, bool Complete)
{
    /// <summary>Whether changes were tried two at a time, because no single one helps.</summary>
    public bool Pairs { get; init; }
}
