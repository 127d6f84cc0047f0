using Handoff.Kernels;
using Handoff.Litmus.Language;

namespace Handoff.Cli;

/// <summary>What a verb was asked to check tests under.</summary>
internal sealed record CheckRequest
{
    /// <summary>The kernels, at least one, each once.</summary>
    public required IReadOnlyList<KernelProfile> Kernels { get; init; }

    /// <summary>Conditions that every machine tried must meet; empty for all machines.</summary>
    public IReadOnlyList<MachineCondition> Machines { get; init; } = [];

    /// <summary>The machine to put every test on, or <see langword="null"/>.</summary>
    public KnownMachine? On { get; init; }

    /// <summary>Most states of one search, or <see langword="null"/> for the checker's default.</summary>
    public long? MaxStates { get; init; }

    /// <summary>Most time of the whole run, or <see langword="null"/> for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Whether stories are wanted.</summary>
    public bool Explain { get; init; }
}
