namespace Handoff.Litmus.Exploration;

/// <summary>How far a long search has got.</summary>
/// <param name="States">Distinct states so far.</param>
/// <param name="Transitions">Steps tried so far.</param>
/// <param name="Depth">Most steps on one path so far.</param>
/// <param name="Elapsed">Time since the search began.</param>
public readonly record struct ExplorationProgress(long States, long Transitions, int Depth, TimeSpan Elapsed)
{
    /// <summary>Distinct states per second.</summary>
    public double StatesPerSecond => Elapsed > TimeSpan.Zero ? States / Elapsed.TotalSeconds : 0;
}
