using Handoff.Litmus.Exploration;
using Handoff.Litmus.Language;

namespace Handoff.Litmus;

/// <summary>How <see cref="LitmusChecker"/> searches.</summary>
public sealed record CheckOptions
{
    /// <summary>Most states of one search; beyond that the result is inconclusive.</summary>
    public long MaxStates { get; init; } = 20_000_000;

    /// <summary>Most time of one check; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan Timeout { get; init; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Conditions that every machine tried must meet; empty for all machines that the test leaves open.</summary>
    public IReadOnlyList<MachineCondition> Machines { get; init; } = [];

    /// <summary>A machine that the test is put on: what the test does not say is the machine's. <see langword="null"/>: it stays as it is.</summary>
    public KnownMachine? On { get; init; }

    /// <summary>Told now and then about long searches, on the searching thread.</summary>
    public Action<ExplorationProgress>? Progress { get; init; }

    /// <summary>Whether to look for the shortest story behind each verdict. Off by default: it costs more than the verdict.</summary>
    public bool Witnesses { get; init; }

    /// <summary>What earlier searches found, to be shared by checks of the same tests; none if omitted.</summary>
    public SearchMemory? Memory { get; init; }

    /// <summary>Uses the plain explorer, which enumerates every single move. Slow; for proving verdicts.</summary>
    public bool BruteForce { get; init; }
}
